#include "worker/images/augment.h"

#include <limits>

#include "common/random/philox.h"
#include "worker/images/color.h"
#include "worker/images/rotate.h"

namespace unmask {
namespace {

// Places of the draws within a view; part of what a view is.
enum Draw { kFlip, kDegrees, kBrightness, kContrast, kSaturation, kHue, kDraws };
constexpr std::uint32_t kRanges = 0;  // the stream's steps
constexpr std::uint32_t kOrder = 1;

void ChangeColour(Image& image, const Augmentation& augmentation, Jitter jitter) {
  switch (jitter) {
    case Jitter::kBrightness:
      return AdjustBrightness(image, augmentation.brightness);
    case Jitter::kContrast:
      return AdjustContrast(image, augmentation.contrast);
    case Jitter::kSaturation:
      return AdjustSaturation(image, augmentation.saturation);
    case Jitter::kHue:
      return AdjustHue(image, augmentation.hue);
  }
}

}  // namespace

Augmentation DrawAugmentation(std::int64_t augment_seed, std::int64_t view, std::string_view clip) {
  UNMASK_CHECK(view >= 0 && view <= std::numeric_limits<std::uint32_t>::max());
  const RandomStream stream(augment_seed, clip, "augmentation");
  const auto epoch = static_cast<std::uint32_t>(view);
  std::array<float, kDraws> uniform{};
  stream.FillUniform(epoch, kRanges, uniform);
  // Uniform in [-most, most).
  const auto within = [&](Draw draw, double most) { return (2.0 * uniform[draw] - 1) * most; };
  const auto factor = [&](Draw draw, double most) {
    return static_cast<float>(1 + within(draw, most));
  };
  Augmentation drawn{.flip = uniform[kFlip] < kFlipShare,
                     .degrees = within(kDegrees, kDegreesMax),
                     .brightness = factor(kBrightness, kBrightnessMax),
                     .contrast = factor(kContrast, kContrastMax),
                     .saturation = factor(kSaturation, kSaturationMax),
                     .hue = within(kHue, kHueMax)};
  const std::vector<std::uint32_t> order = stream.Permutation(4, epoch, kOrder);
  for (std::size_t i = 0; i < order.size(); ++i) drawn.order[i] = static_cast<Jitter>(order[i]);
  return drawn;
}

Image ApplyAugmentation(const Image& crop, const Augmentation& augmentation) {
  Image image = Rotate(augmentation.flip ? Mirror(crop) : crop, augmentation.degrees);
  for (const Jitter jitter : augmentation.order) ChangeColour(image, augmentation, jitter);
  return image;
}

Image Augment(const Image& crop, std::int64_t augment_seed, std::int64_t view,
              std::string_view clip) {
  return ApplyAugmentation(crop, DrawAugmentation(augment_seed, view, clip));
}

}  // namespace unmask
