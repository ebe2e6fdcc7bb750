#include <webp/decode.h>

#include "worker/images/codecs.h"

namespace unmask {

Result<Image> DecodeWebp(std::string_view bytes, const std::string& where) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) {
    return BadImage("broken WebP", where);
  }
  if (features.has_animation != 0) return BadImage("WebP animation", where);
  UNMASK_TRY(CheckSize(features.width, features.height, where));
  Image image{features.width, features.height, {}};
  const int stride = features.width * 3;
  image.rgb.resize(static_cast<std::size_t>(stride) * features.height);
  if (WebPDecodeRGBInto(data, bytes.size(), image.rgb.data(), image.rgb.size(), stride) ==
      nullptr) {
    return BadImage("broken WebP", where);
  }
  return image;
}

}  // namespace unmask
