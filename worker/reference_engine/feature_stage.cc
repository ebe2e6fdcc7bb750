#include "worker/reference_engine/feature_stage.h"

#include <ATen/ATen.h>

namespace unmask {
namespace {

class GivenFeatures final : public FeatureStage {
 public:
  GivenFeatures(const FoldData& fold, at::Device device) : fold_(fold), none_(device) {}

  at::Tensor Train(std::int64_t view, std::span<const std::int64_t> clips) override {
    return InputRows(fold_, view, clips, none_.device());
  }
  void EndBackward() override {}
  at::Tensor Evaluate(std::span<const std::int64_t> clips) override {
    return InputRows(fold_, kPlainView, clips, none_.device());
  }
  const ModelTensors& tensors() const override { return none_; }

 private:
  const FoldData& fold_;
  ModelTensors none_;
};

}  // namespace

std::unique_ptr<FeatureStage> MakeGivenFeatures(const FoldData& fold, at::Device device) {
  return std::make_unique<GivenFeatures>(fold, device);
}

at::Tensor InputRows(const FoldData& fold, std::int64_t view, std::span<const std::int64_t> clips,
                     at::Device device) {
  at::Tensor rows = at::empty({static_cast<std::int64_t>(clips.size()), fold.width}, at::kFloat);
  auto* row = rows.mutable_data_ptr<float>();
  const auto width = static_cast<std::size_t>(fold.width);
  for (const std::int64_t clip : clips) {
    fold.inputs->Copy(view, clip, {row, width});
    row += width;
  }
  return rows.to(device);
}

}  // namespace unmask
