// Where a clip's picture lies: from the manifest's `frames` and a frame number to one file (and one
// frame of it, where it is a video), and what identifies its content.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/data/dataset.h"
#include "common/data/manifest.h"

namespace unmask {

enum class FramePoint { kApex, kOnset };

struct FrameRef {
  fs::path path;  // absolute, symbolic links followed, beneath the root; an image or a video
  std::int64_t video_frame = -1;  // counted from 0; -1: the file is one image
  bool operator==(const FrameRef&) const = default;
};

// Finds clip after clip; a folder that several share is listed once. Files are told by their first
// bytes; whether they decode is for the reader to say (worker/faces/picture.h).
class FrameFinder {
 public:
  // `manifest_name`: the manifest as messages name it. `root`: dataset.root, or the manifest's
  // folder.
  FrameFinder(std::string manifest_name, fs::path root);

  // `frames` is one image: that. A video: its frame of that number. A folder: the image whose last
  // run of digits (before the extension) is the frame number, whatever its leading zeros; hidden
  // files and files that are no images are passed over. A DataError with line and column of the
  // cell where the number or the file is missing, several images have the number, or the path
  // leaves the root, be it by a symbolic link.
  Result<FrameRef> Find(const ManifestClip& clip, FramePoint point);

 private:
  struct Folder {
    std::map<std::string, std::vector<std::string>> names_by_number;  // without leading zeros
    std::string failure;  // why it cannot be listed; empty: it was
  };

  Result<std::int64_t> FrameNumber(const ManifestClip& clip, FramePoint point) const;
  Result<FrameRef> FindInFolder(const ManifestClip& clip, const fs::path& folder, FramePoint point);
  const Folder& ListFolder(const fs::path& folder);

  std::string manifest_name_;
  fs::path root_;
  std::map<fs::path, Folder> folders_;
};

// What is wrong with a file as a problem of the clip that names it, at the manifest's cell.
Error AtFramesCell(const Error& error, const ManifestClip& clip, const std::string& manifest_name);

// One error, at the setting or option that names the root, where every clip would have its own.
Status CheckRoot(const fs::path& root, const std::string& setting);

// The pictures of a study, in the order of `dataset.clips`; every clip without one is reported.
Result<std::vector<FrameRef>> FindFrames(const Manifest& manifest, const Dataset& dataset,
                                         const fs::path& root, FramePoint point);

// What a picture is, wherever it lies: the SHA-256 of its file's bytes as 64 hex digits, for a
// video with "#" and the number of the frame behind.
std::string FrameFingerprint(const std::string& sha256, const FrameRef& frame);

// The same of many, whose files are read, each once; every one that cannot be read is reported.
Result<std::vector<std::string>> FrameFingerprints(const std::vector<FrameRef>& frames);

// The last run of ASCII digits of a file's name before its extension, without leading zeros ("0"
// for zeros alone); empty where there is none. "img_0012.jp2" has "12".
std::string FrameNumberOf(std::string_view file_name);

}  // namespace unmask
