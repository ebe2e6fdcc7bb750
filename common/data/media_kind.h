// What a file holds, told by its first bytes and never by its name.
#pragma once

#include <string_view>

#include "common/base/files.h"

namespace unmask {

enum class MediaKind {
  kImage,  // of a format that worker/images decodes: JPEG, PNG, WebP, BMP
  kVideo,  // of a container that may hold one: AVI, MP4, Matroska, MPEG, ASF, FLV, Ogg
  kOther
};

// `head`: the first bytes of the file, 512 or all that it has.
MediaKind MediaKindOf(std::string_view head);

// A DataError where it cannot be read or is no regular file (a pipe is never opened).
Result<MediaKind> MediaKindOfFile(const fs::path& path);

}  // namespace unmask
