#include "worker/images/image.h"

#include <fmt/format.h>

#include "worker/images/codecs.h"

namespace unmask {

using std::string_view_literals::operator""sv;

Error BadImage(std::string_view what, const std::string& where) {
  return DataError(std::string(what), where, "an intact JPEG, PNG, WebP or BMP image");
}

Status CheckSize(std::int64_t width, std::int64_t height, const std::string& where) {
  if (width < 1 || height < 1) return BadImage("image without pixels", where);
  if (width <= kImageSideMax && height <= kImageSideMax && width * height <= kImagePixelsMax) {
    return {};
  }
  return DataError(fmt::format("image of {} x {} pixels", width, height), where,
                   fmt::format("at most {} pixels, {} a side", kImagePixelsMax, kImageSideMax));
}

std::vector<std::uint8_t> LaidOnWhite(const std::vector<std::uint8_t>& rgba) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(rgba.size() / 4 * 3);
  for (std::size_t pixel = 0; pixel < rgba.size(); pixel += 4) {
    const int alpha = rgba[pixel + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      const int mixed = rgba[pixel + c] * alpha + 255 * (255 - alpha);
      rgb.push_back(static_cast<std::uint8_t>((mixed + 127) / 255));  // to the nearest
    }
  }
  return rgb;
}

Result<Image> DecodeImage(std::string_view bytes, const std::string& where,
                          Transparency transparency) {
  if (bytes.empty()) return BadImage("empty file", where);
  if (bytes.starts_with("\xff\xd8\xff"sv)) return DecodeJpeg(bytes, where);
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return DecodePng(bytes, where, transparency);
  if (bytes.starts_with("RIFF"sv) && bytes.substr(0, 12).ends_with("WEBP"sv)) {
    return DecodeWebp(bytes, where, transparency);
  }
  if (bytes.starts_with("BM"sv)) return DecodeBmp(bytes, where);
  return BadImage("not an image", where);
}

Result<Image> ReadImage(const fs::path& path, Transparency transparency) {
  UNMASK_ASSIGN(const std::string bytes, ReadFile(path, kImageFileBytesMax));
  return DecodeImage(bytes, path.string(), transparency);
}

}  // namespace unmask
