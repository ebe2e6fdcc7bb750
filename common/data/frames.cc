#include "common/data/frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "common/base/text.h"
#include "common/data/csv.h"
#include "common/data/media_kind.h"

namespace unmask {
namespace {

constexpr std::size_t kMaxFilesInFolder = std::size_t{1} << 20;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// As numbers, however many digits.
bool IsLess(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// "m.csv:3:17"; the clip's name where the row was not read from a file.
std::string Where(const std::string& manifest_name, const ManifestClip& clip, CellPlace place) {
  if (place.line == 0) return fmt::format("{}, clip '{}'", manifest_name, clip.sample);
  return fmt::format("{}:{}:{}", manifest_name, place.line, place.column);
}

std::string Numbers(const std::map<std::string, std::vector<std::string>>& names_by_number) {
  if (names_by_number.empty()) return "files named with their frame number";
  const auto less = [](const auto& a, const auto& b) { return IsLess(a.first, b.first); };
  const auto [least, most] =
      std::minmax_element(names_by_number.begin(), names_by_number.end(), less);
  return fmt::format("one of the frames there, {} to {}", least->first, most->first);
}

Result<fs::path> ImageBeneath(const fs::path& root, const std::string& relative) {
  UNMASK_ASSIGN(fs::path path, ResolveBeneath(root, relative));
  UNMASK_ASSIGN(const MediaKind kind, MediaKindOfFile(path));
  if (kind == MediaKind::kImage) return path;
  return DataError("not an image", path.string(), "a JPEG, PNG, WebP or BMP image");
}

}  // namespace

std::string FrameNumberOf(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  // ".12" is a number, not an extension.
  if (dot != std::string_view::npos && std::ranges::any_of(file_name.substr(dot), IsLetter)) {
    file_name = file_name.substr(0, dot);
  }
  while (!file_name.empty() && !IsDigit(file_name.back())) file_name.remove_suffix(1);
  std::size_t begin = file_name.size();
  while (begin > 0 && IsDigit(file_name[begin - 1])) --begin;
  file_name.remove_prefix(begin);
  while (file_name.size() > 1 && file_name.front() == '0') file_name.remove_prefix(1);
  return std::string(file_name);
}

Error AtFramesCell(const Error& error, const ManifestClip& clip, const std::string& manifest_name) {
  const Problem& p = error.problems.front();
  return DataError(fmt::format("frames of clip '{}': {} ({})", clip.sample, p.what, p.where),
                   Where(manifest_name, clip, clip.frames_at),
                   p.expected.empty() ? "a file that can be read" : p.expected);
}

Status CheckRoot(const fs::path& root, const std::string& setting) {
  std::error_code ignored;
  if (fs::is_directory(root, ignored)) return {};
  return DataError(fmt::format("there is no folder '{}'", root.string()), setting,
                   "the folder that the manifest's `frames` are relative to");
}

FrameFinder::FrameFinder(std::string manifest_name, fs::path root)
    : manifest_name_(std::move(manifest_name)), root_(std::move(root)) {}

Result<FrameRef> FrameFinder::Find(const ManifestClip& clip, FramePoint point) {
  const std::string where = Where(manifest_name_, clip, clip.frames_at);
  if (clip.frames.empty()) {
    return DataError(fmt::format("clip '{}' has no frames", clip.sample), where,
                     "a folder of images, a video or an image");
  }
  const auto path = ResolveBeneath(root_, clip.frames);
  if (!path.ok()) return AtFramesCell(path.error(), clip, manifest_name_);
  std::error_code ignored;
  if (fs::is_directory(*path, ignored)) return FindInFolder(clip, *path, point);
  const auto kind = MediaKindOfFile(*path);
  if (!kind.ok()) return AtFramesCell(kind.error(), clip, manifest_name_);
  if (*kind == MediaKind::kImage) return FrameRef{*path, -1};
  if (*kind == MediaKind::kOther) {
    return DataError(fmt::format("frames '{}' are neither image nor video", clip.frames), where,
                     "a folder of images, a video or an image (JPEG, PNG, WebP, BMP)");
  }
  UNMASK_ASSIGN(const std::int64_t number, FrameNumber(clip, point));
  return FrameRef{*path, number};
}

Result<std::int64_t> FrameFinder::FrameNumber(const ManifestClip& clip, FramePoint point) const {
  const bool apex = point == FramePoint::kApex;
  if (const auto& number = apex ? clip.apex : clip.onset) return *number;
  return DataError(fmt::format("clip '{}' has no {} frame", clip.sample, apex ? "apex" : "onset"),
                   Where(manifest_name_, clip, apex ? clip.apex_at : clip.onset_at),
                   fmt::format("the number of a frame in '{}'", clip.frames));
}

Result<FrameRef> FrameFinder::FindInFolder(const ManifestClip& clip, const fs::path& folder,
                                           FramePoint point) {
  UNMASK_ASSIGN(const std::int64_t number, FrameNumber(clip, point));
  const std::string where = Where(manifest_name_, clip, clip.frames_at);
  const Folder& listed = ListFolder(folder);
  if (!listed.failure.empty()) {
    return DataError(fmt::format("frames '{}': {}", clip.frames, listed.failure), where,
                     "a folder that can be read");
  }
  const auto found = listed.names_by_number.find(std::to_string(number));
  if (found == listed.names_by_number.end()) {
    return DataError(fmt::format("no frame {} in '{}'", number, clip.frames), where,
                     Numbers(listed.names_by_number));
  }
  std::vector<fs::path> images;
  std::optional<Error> failure;  // of the last file that is no image
  for (const std::string& name : found->second) {
    auto image = ImageBeneath(root_, (fs::path(clip.frames) / name).string());
    if (image.ok()) {
      images.push_back(*std::move(image));
    } else {
      failure = image.error();
    }
  }
  if (images.empty()) return AtFramesCell(*failure, clip, manifest_name_);
  if (images.size() == 1) return FrameRef{images[0], -1};
  return DataError(
      fmt::format("frame {} of '{}' is there twice: '{}' and '{}'", number, clip.frames,
                  images[0].filename().string(), images[1].filename().string()),
      where, "one image of that number");
}

const FrameFinder::Folder& FrameFinder::ListFolder(const fs::path& folder) {
  const auto [at, fresh] = folders_.try_emplace(folder);
  Folder& listed = at->second;
  if (!fresh) return listed;
  std::error_code error;
  std::size_t files = 0;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::string number = FrameNumberOf(name);
    if (name.starts_with('.') || number.empty()) continue;
    listed.names_by_number[std::move(number)].push_back(name);
    if (++files > kMaxFilesInFolder) {
      listed.failure = fmt::format("more than {} files", kMaxFilesInFolder);
      return listed;
    }
  }
  if (error) listed.failure = "cannot list: " + error.message();
  for (auto& [number, names] : listed.names_by_number) std::ranges::sort(names);
  return listed;
}

Result<std::vector<FrameRef>> FindFrames(const Manifest& manifest, const Dataset& dataset,
                                         const fs::path& root, FramePoint point) {
  UNMASK_TRY(CheckRoot(root, "dataset.root"));
  std::unordered_map<std::string, const ManifestClip*> rows;
  for (const ManifestClip& row : manifest.clips) rows.emplace(row.sample, &row);
  FrameFinder finder(manifest.name, root);
  std::vector<FrameRef> frames;
  std::vector<Problem> problems;
  frames.reserve(dataset.clips.size());
  for (const Clip& clip : dataset.clips) {
    const auto row = rows.find(clip.sample);
    UNMASK_CHECK(row != rows.end());  // the data set was selected from this manifest
    auto frame = finder.Find(*row->second, point);
    if (frame.ok()) {
      frames.push_back(*std::move(frame));
    } else {
      std::ranges::copy(frame.error().problems, std::back_inserter(problems));
    }
  }
  if (problems.empty()) return frames;
  SortByPlace(problems);  // clips come by name
  return Error(ErrorCode::kData, std::move(problems));
}

}  // namespace unmask
