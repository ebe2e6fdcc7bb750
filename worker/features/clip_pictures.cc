#include "worker/features/clip_pictures.h"

#include "common/base/check.h"
#include "worker/images/augment.h"

namespace unmask {

ClipPictures::ClipPictures(const JobSpec& spec, BlobTensor crops, std::vector<std::string> samples,
                           const Preprocessing& preprocessing)
    : seed_(spec.settings.augment.seed),
      crops_(std::move(crops)),
      samples_(std::move(samples)),
      preprocessing_(preprocessing) {
  UNMASK_CHECK(std::ssize(samples_) == crops_.rows());
}

Pixels ClipPictures::Of(std::int64_t view, std::int64_t clip) const {
  Image crop{static_cast<int>(crops_.shape[2]), static_cast<int>(crops_.shape[1]), {}};
  const std::string_view row = crops_.row(clip);
  crop.rgb.assign(row.begin(), row.end());
  if (view < 0) return Prepare(crop, preprocessing_);
  return Prepare(Augment(crop, seed_, view, samples_[static_cast<std::size_t>(clip)]),
                 preprocessing_);
}

Result<std::optional<FeatureRows>> ExtractView(const ClipPictures& pictures, std::int64_t view,
                                               const Backbone& backbone,
                                               const OnPicture& on_picture) {
  std::vector<PictureMaker> makers;
  makers.reserve(static_cast<std::size_t>(pictures.clips()));
  for (std::int64_t clip = 0; clip < pictures.clips(); ++clip) {
    makers.emplace_back(
        [&pictures, view, clip]() -> Result<Pixels> { return pictures.Of(view, clip); });
  }
  auto rows = ExtractFeatures(backbone, makers, 1, [&] { return !on_picture(); });
  if (rows.ok()) return std::optional(*std::move(rows));
  if (rows.error().code == ErrorCode::kStopped) return std::optional<FeatureRows>();
  return rows.error();
}

}  // namespace unmask
