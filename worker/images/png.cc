// PNG through libpng; what is not eight bits of red, green and blue is made so as Pillow does.
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <optional>

#include "worker/images/codecs.h"

namespace unmask {
namespace {

struct Source {
  std::string_view left;
  std::array<char, 128> message{};
};

[[noreturn]] void OnError(png_structp png, png_const_charp text) {
  auto* source = static_cast<Source*>(png_get_error_ptr(png));
  std::strncpy(source->message.data(), text, source->message.size() - 1);
  png_longjmp(png, 1);
}

void OnWarning(png_structp /*png*/, png_const_charp /*text*/) {}  // of chunks that we do not use

void OnRead(png_structp png, png_bytep to, std::size_t count) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (count > source->left.size()) png_error(png, "file is cut");
  std::memcpy(to, source->left.data(), count);
  source->left.remove_prefix(count);
}

constexpr std::uint8_t LowByte(png_uint_16 value) { return value & 0xff; }

class PngReader {
 public:
  PngReader(std::string_view bytes, Transparency transparency)
      : source_{bytes}, over_white_(transparency == Transparency::kOverWhite) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source_, OnError, OnWarning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    UNMASK_CHECK(info_ != nullptr);
    png_set_read_fn(png_, &source_, OnRead);
    png_set_user_limits(png_, kImageSideMax, kImageSideMax);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  // False where libpng gave up; message() says why. No object with a destructor lives in these two,
  // since longjmp would skip it.
  bool ReadHeader() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;  // NOLINT: the only way out that libpng offers
    png_read_info(png_, info_);
    grey16_ = png_get_color_type(png_, info_) == PNG_COLOR_TYPE_GRAY &&
              png_get_bit_depth(png_, info_) == 16;
    if (over_white_) FindTransparency();
    png_set_expand(png_);                    // palettes, and 1, 2 or 4 bits
    if (!alpha_) png_set_strip_alpha(png_);  // one transparent colour included
    if (!grey16_) {
      png_set_strip_16(png_);
      png_set_gray_to_rgb(png_);
    }
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }
  bool ReadPixels(std::uint8_t* pixels, png_bytep* rows) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;  // NOLINT
    for (png_uint_32 y = 0; y < height(); ++y) rows[y] = pixels + y * row_bytes();
    png_read_image(png_, rows);
    png_read_end(png_, nullptr);
    return true;
  }

  png_uint_32 width() const { return png_get_image_width(png_, info_); }
  png_uint_32 height() const { return png_get_image_height(png_, info_); }
  std::size_t row_bytes() const { return png_get_rowbytes(png_, info_); }
  bool grey16() const { return grey16_; }
  bool alpha() const { return alpha_; }  // samples are RGBA, else RGB
  // The one colour that is transparent, beside samples without alpha.
  const std::optional<std::array<std::uint8_t, 3>>& key() const { return key_; }
  const char* message() const { return source_.message.data(); }

 private:
  void FindTransparency() {
    const int type = png_get_color_type(png_, info_);
    const bool stated = png_get_valid(png_, info_, PNG_INFO_tRNS) != 0;
    alpha_ = (type & PNG_COLOR_MASK_ALPHA) != 0 || (type == PNG_COLOR_TYPE_PALETTE && stated);
    if (alpha_ || !stated) return;
    png_color_16p key = nullptr;
    png_get_tRNS(png_, info_, nullptr, nullptr, &key);
    if (type == PNG_COLOR_TYPE_RGB) {
      key_ = {LowByte(key->red), LowByte(key->green), LowByte(key->blue)};
    } else {
      const bool bit = png_get_bit_depth(png_, info_) == 1;
      const std::uint8_t grey = bit && key->gray != 0 ? 255 : LowByte(key->gray);
      key_ = {grey, grey, grey};
    }
  }

  Source source_;
  bool over_white_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  bool grey16_ = false;
  bool alpha_ = false;
  std::optional<std::array<std::uint8_t, 3>> key_;
};

// Pillow keeps sixteen bits of grey, and cuts what is above 255 when it makes RGB of them.
std::vector<std::uint8_t> CutTo8Bits(const std::vector<std::uint8_t>& big_endian) {
  std::vector<std::uint8_t> rgb(big_endian.size() / 2 * 3);
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    const std::uint8_t* grey = &big_endian[i / 3 * 2];
    rgb[i] = grey[0] != 0 ? 255 : grey[1];
  }
  return rgb;
}

// Pillow compares the low byte of what the file states with samples of eight bits, of whatever
// depth they were.
void Whiten(std::vector<std::uint8_t>& rgb, const std::array<std::uint8_t, 3>& key) {
  for (auto pixel = rgb.begin(); pixel != rgb.end(); pixel += 3) {
    if (std::equal(key.begin(), key.end(), pixel)) std::fill_n(pixel, 3, 255);
  }
}

}  // namespace

Result<Image> DecodePng(std::string_view bytes, const std::string& where,
                        Transparency transparency) {
  PngReader reader(bytes, transparency);
  const auto failed = [&] {
    return BadImage(fmt::format("broken PNG: {}", reader.message()), where);
  };
  // libpng refuses a large side by itself, with a message that names no size: so it is read here.
  if (bytes.size() >= 24) {
    std::array<std::int64_t, 2> sides{};
    for (std::size_t i = 0; i < 8; ++i) {
      sides[i / 4] = sides[i / 4] << 8 | static_cast<std::uint8_t>(bytes[16 + i]);
    }
    UNMASK_TRY(CheckSize(sides[0], sides[1], where));
  }
  if (!reader.ReadHeader()) return failed();
  UNMASK_TRY(CheckSize(reader.width(), reader.height(), where));
  std::vector<std::uint8_t> samples(reader.row_bytes() * reader.height());
  std::vector<png_bytep> rows(reader.height());
  if (!reader.ReadPixels(samples.data(), rows.data())) return failed();
  Image image{static_cast<int>(reader.width()), static_cast<int>(reader.height()), {}};
  if (reader.alpha()) samples = LaidOnWhite(samples);
  image.rgb = reader.grey16() ? CutTo8Bits(samples) : std::move(samples);
  if (reader.key()) Whiten(image.rgb, *reader.key());
  return image;
}

}  // namespace unmask
