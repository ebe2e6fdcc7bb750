#include "worker/images/exif.h"

namespace unmask {
namespace {

using std::string_view_literals::operator""sv;

// Numbers of a TIFF block, in its byte order; 0 beyond its end.
class Tiff {
 public:
  explicit Tiff(std::string_view bytes) : bytes_(bytes), big_(bytes.starts_with("MM"sv)) {}

  std::uint32_t Short(std::size_t at) const { return Number(at, 2); }
  std::uint32_t Long(std::size_t at) const { return Number(at, 4); }

 private:
  std::uint32_t Number(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) return 0;
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < size; ++i) {
      number = number << 8 | static_cast<unsigned char>(bytes_[at + (big_ ? i : size - 1 - i)]);
    }
    return number;
  }

  std::string_view bytes_;
  bool big_;
};

int TiffOrientation(std::string_view bytes) {
  constexpr std::uint32_t kOrientation = 0x0112;
  constexpr std::uint32_t kShort = 3;
  constexpr std::size_t kEntryBytes = 12;
  if (!bytes.starts_with("II*\0"sv) && !bytes.starts_with("MM\0*"sv)) return 1;
  const Tiff tiff(bytes);
  const std::size_t folder = tiff.Long(4);
  const std::size_t entries = tiff.Short(folder);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = folder + 2 + i * kEntryBytes;
    if (tiff.Short(entry) != kOrientation || tiff.Short(entry + 2) != kShort) continue;
    const std::uint32_t value = tiff.Short(entry + 8);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace

int ExifOrientation(std::string_view bytes) {
  if (!bytes.starts_with("\xff\xd8"sv)) return 1;
  bytes.remove_prefix(2);
  // Segments: FF, kind, length with its own two bytes; EXIF comes before the first scan (DA).
  while (bytes.size() > 4 && bytes[0] == '\xff' && bytes[1] != '\xda') {
    const std::size_t length =
        static_cast<unsigned char>(bytes[2]) << 8 | static_cast<unsigned char>(bytes[3]);
    if (length < 2 || length + 2 > bytes.size()) return 1;
    const std::string_view body = bytes.substr(4, length - 2);
    if (bytes[1] == '\xe1' && body.starts_with("Exif\0\0"sv))
      return TiffOrientation(body.substr(6));
    bytes.remove_prefix(length + 2);
  }
  return 1;
}

Image Upright(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  // Where a pixel of the result comes from; 2 to 4 flip, 5 to 8 also change rows and columns.
  const bool turned = orientation >= 5;
  const bool right_to_left =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool bottom_to_top =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image result{turned ? image.height : image.width, turned ? image.width : image.height, {}};
  result.rgb.reserve(image.rgb.size());
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      int from_x = turned ? y : x;
      int from_y = turned ? x : y;
      if (right_to_left) from_x = image.width - 1 - from_x;
      if (bottom_to_top) from_y = image.height - 1 - from_y;
      const auto* pixel = &image.rgb[(static_cast<std::size_t>(from_y) * image.width + from_x) * 3];
      result.rgb.insert(result.rgb.end(), pixel, pixel + 3);
    }
  }
  return result;
}

}  // namespace unmask
