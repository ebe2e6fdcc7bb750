// JPEG through libjpeg, with its defaults (accurate integer DCT, smooth upsampling), which are
// Pillow's too. OpenCV's reader would print warnings and hand out half a picture.
#include <fmt/format.h>

#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it

extern "C" {
#include <jerror.h>
#include <jpeglib.h>
}

#include "worker/images/codecs.h"

namespace unmask {
namespace {

// libjpeg reports through a pointer to its first member and expects not to be returned to.
struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf back;
  std::array<char, JMSG_LENGTH_MAX> message;
};

[[noreturn]] void Escape(j_common_ptr info) {
  auto* errors = reinterpret_cast<ErrorManager*>(info->err);
  errors->base.format_message(info, errors->message.data());
  std::longjmp(errors->back, 1);  // NOLINT: the only way out that libjpeg offers
}

void OnMessage(j_common_ptr info, int level) {
  if (level < 0) Escape(info);  // a warning: the data are corrupt, libjpeg would fill in
}

// Pillow: "CMYK;I", then MULDIV255 of its C sources.
std::uint8_t FromInk(std::uint8_t inverted_ink, std::uint8_t inverted_black) {
  const int light = inverted_black;
  const int product = (255 - inverted_ink) * light + 128;
  return static_cast<std::uint8_t>(light - (((product >> 8) + product) >> 8));
}

class JpegReader {
 public:
  explicit JpegReader(std::string_view bytes) : bytes_(bytes) {
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = Escape;
    errors_.base.emit_message = OnMessage;
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  // False where libjpeg gave up; message() says why. No object with a destructor lives in these
  // two, since longjmp would skip it.
  bool ReadHeader() {
    if (setjmp(errors_.back) != 0) return false;  // NOLINT
    jpeg_create_decompress(&info_);
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_read_header(&info_, TRUE);
    info_.out_color_space = inks() ? JCS_CMYK : JCS_RGB;
    return true;
  }
  bool ReadPixels(std::uint8_t* pixels) {
    if (setjmp(errors_.back) != 0) return false;  // NOLINT
    jpeg_start_decompress(&info_);
    const std::size_t stride = static_cast<std::size_t>(info_.output_width) * channels();
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = pixels + info_.output_scanline * stride;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  bool inks() const {
    return info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
  }
  std::size_t channels() const { return inks() ? 4 : 3; }
  std::int64_t width() const { return info_.image_width; }
  std::int64_t height() const { return info_.image_height; }
  const char* message() const { return errors_.message.data(); }

 private:
  std::string_view bytes_;
  jpeg_decompress_struct info_{};
  ErrorManager errors_{};
};

}  // namespace

Result<Image> DecodeJpeg(std::string_view bytes, const std::string& where) {
  JpegReader reader(bytes);
  const auto failed = [&] {
    return BadImage(fmt::format("broken JPEG: {}", reader.message()), where);
  };
  if (!reader.ReadHeader()) return failed();
  UNMASK_TRY(CheckSize(reader.width(), reader.height(), where));
  const auto pixels = static_cast<std::size_t>(reader.width() * reader.height());
  std::vector<std::uint8_t> samples(pixels * reader.channels());
  if (!reader.ReadPixels(samples.data())) return failed();
  Image image{static_cast<int>(reader.width()), static_cast<int>(reader.height()), {}};
  if (!reader.inks()) {
    image.rgb = std::move(samples);
    return image;
  }
  image.rgb.resize(pixels * 3);
  for (std::size_t i = 0; i < pixels * 3; ++i) {
    const std::uint8_t* ink = &samples[i / 3 * 4];
    image.rgb[i] = FromInk(ink[i % 3], ink[3]);
  }
  return image;
}

}  // namespace unmask
