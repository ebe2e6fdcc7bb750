#include "common/data/media_kind.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace unmask {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kHeadBytes = 512;

bool IsImage(std::string_view head) {
  return head.starts_with("\xff\xd8\xff"sv) || head.starts_with("\x89PNG\r\n\x1a\n"sv) ||
         head.starts_with("BM"sv) ||
         (head.starts_with("RIFF"sv) && head.substr(0, 12).ends_with("WEBP"sv));
}

// ISO media files begin with a box: its size, then its type.
bool IsIsoMedia(std::string_view head) {
  constexpr std::array kTypes = {"ftyp"sv, "moov"sv, "mdat"sv, "wide"sv, "free"sv, "skip"sv};
  return head.size() >= 8 && std::ranges::find(kTypes, head.substr(4, 4)) != kTypes.end();
}

// Packets of 188 bytes, each with its mark.
bool IsTransportStream(std::string_view head) {
  return head.size() > 376 && head[0] == 'G' && head[188] == 'G' && head[376] == 'G';
}

bool IsVideo(std::string_view head) {
  constexpr std::array kMarks = {"\x1a\x45\xdf\xa3"sv,  // Matroska, WebM
                                 "\x00\x00\x01\xba"sv,  // MPEG program stream
                                 "\x00\x00\x01\xb3"sv,  // MPEG video
                                 "\x30\x26\xb2\x75"sv,  // ASF, WMV
                                 "FLV\x01"sv,          "OggS"sv};
  return std::ranges::any_of(kMarks, [&](std::string_view m) { return head.starts_with(m); }) ||
         (head.starts_with("RIFF"sv) && head.substr(0, 12).ends_with("AVI "sv)) ||
         IsIsoMedia(head) || IsTransportStream(head);
}

}  // namespace

MediaKind MediaKindOf(std::string_view head) {
  if (IsImage(head)) return MediaKind::kImage;
  return IsVideo(head) ? MediaKind::kVideo : MediaKind::kOther;
}

Result<MediaKind> MediaKindOfFile(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error) return DataError("cannot read: " + error.message(), path.string());
  if (!fs::is_regular_file(status)) return DataError("not a regular file", path.string());
  std::ifstream file(path, std::ios::binary);
  if (!file) return DataError(std::string("cannot read: ") + std::strerror(errno), path.string());
  std::array<char, kHeadBytes> head{};
  file.read(head.data(), head.size());
  if (file.bad()) return DataError("cannot read", path.string());
  return MediaKindOf({head.data(), static_cast<std::size_t>(file.gcount())});
}

}  // namespace unmask
