// A decoded picture, and what is accepted as one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"

namespace unmask {

struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;  // [height, width, 3], as stored: EXIF orientation is not applied
};

// A file that states more is refused before anything is decoded.
constexpr std::uint64_t kImageFileBytesMax = std::uint64_t{256} << 20;
constexpr int kImageSideMax = 32'768;
constexpr std::int64_t kImagePixelsMax = 64'000'000;

// What becomes of a transparent pixel: its own colour, as by Pillow's convert("RGB"), or the
// picture laid on white, as by Pillow's alpha_composite.
enum class Transparency { kDropped, kOverWhite };

// JPEG, PNG, WebP or BMP, told by its first bytes, converted as Pillow's convert("RGB") does:
// greyscale repeated, palettes looked up, CMYK by Adobe's convention. Corrupt or truncated pictures
// are errors, warnings of libjpeg included. `where` names the file in errors.
Result<Image> DecodeImage(std::string_view bytes, const std::string& where,
                          Transparency transparency = Transparency::kDropped);

Result<Image> ReadImage(const fs::path& path, Transparency transparency = Transparency::kDropped);

}  // namespace unmask
