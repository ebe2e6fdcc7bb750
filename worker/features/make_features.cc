#include "worker/features/make_features.h"

#include <fmt/format.h>

#include "common/base/files.h"
#include "common/data/pictures.h"
#include "worker/faces/face_cropper.h"
#include "worker/faces/picture.h"

namespace unmask {
namespace {

std::string Note(std::size_t clips, std::size_t none, std::size_t several) {
  if (none + several == 0) return "";
  std::string note = fmt::format("{} pictures", clips);
  if (none > 0) note += fmt::format(", {} without a face (their middle is taken)", none);
  if (several > 0) note += fmt::format(", {} with several (the largest is taken)", several);
  return note;
}

Result<FaceCropper> CropperFor(const fs::path& store, const JobSpec& spec) {
  Settings::Faces faces = spec.settings.faces;
  if (!spec.detector.empty()) {
    UNMASK_ASSIGN(const fs::path file, ReadPath(store, spec.detector));
    UNMASK_ASSIGN(const std::string sha256, HashFile(file));
    if (sha256 != spec.detector) {
      return DataError("the face detector is another one than when the study was planned",
                       file.string());
    }
    faces.yunet = file.string();
  }
  return MakeFaceCropper(faces);
}

}  // namespace

Result<std::vector<std::string>> SamplesOf(const BlobFolder& blobs, const std::string& pictures) {
  UNMASK_ASSIGN(const std::string blob, blobs.Read(pictures));
  UNMASK_ASSIGN(const std::vector<Picture> list, ParsePicturesBlob(blob));
  std::vector<std::string> samples;
  samples.reserve(list.size());
  for (const Picture& picture : list) samples.push_back(picture.sample);
  return samples;
}

Result<std::optional<MadeFeatures>> MakeCrops(const fs::path& store, const JobSpec& spec,
                                              const OnPicture& on_picture) {
  UNMASK_ASSIGN(const std::string blob, BlobFolder(store / "blobs").Read(spec.dataset));
  UNMASK_ASSIGN(const std::vector<Picture> pictures, ParsePicturesBlob(blob));
  UNMASK_ASSIGN(const std::vector<FrameRef> frames, ReadFramePaths(store, spec.dataset));
  UNMASK_CHECK(frames.size() == pictures.size());  // written together
  UNMASK_ASSIGN(const FaceCropper cropper, CropperFor(store, spec));
  PictureReader reader;
  std::string crops;
  std::vector<Problem> problems;
  std::size_t none = 0;
  std::size_t several = 0;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto image = reader.Read(frames[i], pictures[i].fingerprint);
    const auto crop = image.ok() ? cropper.Crop(*image) : Result<FaceCrop>(image.error());
    if (crop.ok()) {
      crops.append(crop->image.rgb.begin(), crop->image.rgb.end());
      none += crop->found == 0 && spec.settings.faces.detector != FaceDetector::kNone ? 1 : 0;
      several += crop->found > 1 ? 1 : 0;
    } else if (crop.error().code == ErrorCode::kInternal) {
      return crop.error();  // this worker's fault, and the next picture's as well
    } else {
      const auto& found = crop.error().problems;
      problems.insert(problems.end(), found.begin(), found.end());
    }
    if (!on_picture()) return std::optional<MadeFeatures>();
  }
  if (!problems.empty()) return Error(ErrorCode::kData, std::move(problems));
  const std::int64_t size = spec.settings.faces.size;
  return std::optional(MadeFeatures{
      BlobTensorBytes(kCropsTensor, DType::kU8,
                      {static_cast<std::int64_t>(pictures.size()), size, size, 3}, crops),
      0, Note(pictures.size(), none, several)});
}

Result<std::optional<MadeFeatures>> MakeView(const JobSpec& spec, BlobTensor crops,
                                             std::vector<std::string> samples,
                                             const LoadedModel& model,
                                             const OnPicture& on_picture) {
  const ClipPictures pictures(spec, std::move(crops), std::move(samples), model.preprocessing);
  UNMASK_ASSIGN(const auto rows, ExtractView(pictures, spec.view, *model.backbone, on_picture));
  if (!rows) return std::optional<MadeFeatures>();
  const std::string_view bytes(reinterpret_cast<const char*>(rows->values.data()),
                               rows->values.size() * sizeof(float));
  return std::optional(MadeFeatures{
      BlobTensorBytes(kFeaturesTensor, DType::kF32,
                      {pictures.clips(), static_cast<std::int64_t>(rows->width)}, bytes),
      pictures.clips(), ""});
}

}  // namespace unmask
