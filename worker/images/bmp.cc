// Uncompressed BMP of 8, 24 or 32 bits a pixel (BITMAPINFOHEADER and later), as data sets of frames
// are stored in.

#include <cstdlib>
#include <cstring>

#include "worker/images/codecs.h"

namespace unmask {
namespace {

constexpr std::size_t kFileHeader = 14;
constexpr std::size_t kInfoHeader = 40;
constexpr std::uint32_t kUncompressed = 0;

template <typename T>
T LittleEndian(std::string_view bytes, std::size_t at) {
  T value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

struct Layout {
  std::int64_t width, height;
  bool bottom_up;
  std::size_t pixels_at, palette_at, colours, bits;
  std::size_t stride() const { return (static_cast<std::size_t>(width) * bits + 31) / 32 * 4; }
};

Result<Layout> ReadLayout(std::string_view bytes, const std::string& where) {
  if (bytes.size() < kFileHeader + kInfoHeader) return BadImage("broken BMP: file is cut", where);
  const auto header = LittleEndian<std::uint32_t>(bytes, 14);
  const std::int64_t height = LittleEndian<std::int32_t>(bytes, 22);
  const auto compression = LittleEndian<std::uint32_t>(bytes, 30);
  Layout layout{.width = LittleEndian<std::int32_t>(bytes, 18),
                .height = std::abs(height),
                .bottom_up = height > 0,
                .pixels_at = LittleEndian<std::uint32_t>(bytes, 10),
                .palette_at = kFileHeader + header,
                .colours = LittleEndian<std::uint32_t>(bytes, 46),
                .bits = LittleEndian<std::uint16_t>(bytes, 28)};
  const bool depth_known = layout.bits == 8 || layout.bits == 24 || layout.bits == 32;
  if (header < kInfoHeader || compression != kUncompressed || !depth_known) {
    return DataError("BMP of a kind that is not read", where,
                     "an uncompressed BMP of 8, 24 or 32 bits");
  }
  UNMASK_TRY(CheckSize(layout.width, layout.height, where));
  if (layout.bits == 8 && layout.colours == 0) layout.colours = 256;
  if (layout.bits != 8) layout.colours = 0;
  const std::size_t palette_end = layout.palette_at + layout.colours * 4;
  if (layout.pixels_at == 0) layout.pixels_at = palette_end;
  if (layout.colours > 256 || palette_end > layout.pixels_at || layout.pixels_at > bytes.size() ||
      layout.stride() * static_cast<std::size_t>(layout.height) > bytes.size() - layout.pixels_at) {
    return BadImage("broken BMP: file is cut", where);
  }
  return layout;
}

}  // namespace

Result<Image> DecodeBmp(std::string_view bytes, const std::string& where) {
  UNMASK_ASSIGN(const Layout layout, ReadLayout(bytes, where));
  Image image{static_cast<int>(layout.width), static_cast<int>(layout.height), {}};
  image.rgb.reserve(static_cast<std::size_t>(layout.width * layout.height) * 3);
  for (std::int64_t y = 0; y < layout.height; ++y) {
    const std::int64_t stored = layout.bottom_up ? layout.height - 1 - y : y;
    const std::string_view row =
        bytes.substr(layout.pixels_at + static_cast<std::size_t>(stored) * layout.stride());
    for (std::size_t x = 0; x < static_cast<std::size_t>(layout.width); ++x) {
      std::string_view blue_green_red = row.substr(x * layout.bits / 8);
      if (layout.bits == 8) {
        const auto index = static_cast<std::uint8_t>(row[x]);
        if (index >= layout.colours) return BadImage("broken BMP: no such colour", where);
        blue_green_red = bytes.substr(layout.palette_at + index * std::size_t{4});
      }
      for (const int c : {2, 1, 0}) {
        image.rgb.push_back(static_cast<std::uint8_t>(blue_green_red[c]));
      }
    }
  }
  return image;
}

}  // namespace unmask
