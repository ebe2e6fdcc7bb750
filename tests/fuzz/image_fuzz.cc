// libFuzzer: any bytes as a picture. What decodes has as many samples as its size says, is taken
// for an image by its first bytes, and can be turned upright; what does not is an error that can be
// printed. Built apart from the rest, since it needs clang; CORPUS: a folder of small pictures.
//   clang++-19 -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -I. tests/fuzz/image_fuzz.cc
//     worker/images/{image,jpeg,png,webp,bmp,exif}.cc common/data/media_kind.cc
//     common/base/{text,files,result,sha256}.cc -lfmt -lcrypto -ljpeg -lpng -lwebp
//     -o image_fuzz && ./image_fuzz -runs=1000000 -max_len=4096 -dict=tests/fuzz/image.dict CORPUS
#include <cstddef>
#include <cstdint>

#include "common/data/media_kind.h"
#include "worker/images/exif.h"

namespace {

std::size_t SamplesOf(const unmask::Image& image) {
  return static_cast<std::size_t>(image.width) * image.height * 3;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unmask;  // NOLINT: the fuzzer's entry is global
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const int orientation = ExifOrientation(bytes);
  UNMASK_CHECK(orientation >= 1 && orientation <= 8);
  const auto on_white = DecodeImage(bytes, "fuzz", Transparency::kOverWhite);
  UNMASK_CHECK(!on_white.ok() || on_white->rgb.size() == SamplesOf(*on_white));
  auto image = DecodeImage(bytes, "fuzz");
  if (!image.ok()) {
    UNMASK_CHECK(image.error().code == ErrorCode::kData);
    (void)FormatError(image.error());
    return 0;
  }
  UNMASK_CHECK(image->width >= 1 && image->width <= kImageSideMax);
  UNMASK_CHECK(image->height >= 1 && image->height <= kImageSideMax);
  const std::size_t samples = SamplesOf(*image);
  UNMASK_CHECK(image->rgb.size() == samples);
  UNMASK_CHECK(MediaKindOf(bytes.substr(0, 512)) == MediaKind::kImage);
  const Image upright = Upright(*std::move(image), orientation);
  UNMASK_CHECK(upright.rgb.size() == samples);
  return 0;
}
