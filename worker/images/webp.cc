#include <webp/decode.h>

#include "worker/images/codecs.h"

namespace unmask {

Result<Image> DecodeWebp(std::string_view bytes, const std::string& where,
                         Transparency transparency) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) {
    return BadImage("broken WebP", where);
  }
  if (features.has_animation != 0) return BadImage("WebP animation", where);
  UNMASK_TRY(CheckSize(features.width, features.height, where));
  const bool alpha = features.has_alpha != 0 && transparency == Transparency::kOverWhite;
  const int stride = features.width * (alpha ? 4 : 3);
  std::vector<std::uint8_t> samples(static_cast<std::size_t>(stride) * features.height);
  const auto decode = alpha ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  if (decode(data, bytes.size(), samples.data(), samples.size(), stride) == nullptr) {
    return BadImage("broken WebP", where);
  }
  return Image{features.width, features.height, alpha ? LaidOnWhite(samples) : std::move(samples)};
}

}  // namespace unmask
