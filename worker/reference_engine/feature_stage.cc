#include "worker/reference_engine/feature_stage.h"

#include <ATen/ATen.h>

namespace unmask {
namespace {

class GivenFeatures final : public FeatureStage {
 public:
  explicit GivenFeatures(const FoldData& fold) : fold_(fold) {}

  at::Tensor Train(std::int64_t view, std::span<const std::int64_t> clips) override {
    return InputRows(fold_, view, clips);
  }
  void EndBackward() override {}
  at::Tensor Evaluate(std::span<const std::int64_t> clips) override {
    return InputRows(fold_, kPlainView, clips);
  }
  const ModelTensors& tensors() const override { return none_; }

 private:
  const FoldData& fold_;
  ModelTensors none_;
};

}  // namespace

std::unique_ptr<FeatureStage> MakeGivenFeatures(const FoldData& fold) {
  return std::make_unique<GivenFeatures>(fold);
}

at::Tensor InputRows(const FoldData& fold, std::int64_t view, std::span<const std::int64_t> clips) {
  at::Tensor rows = at::empty({static_cast<std::int64_t>(clips.size()), fold.width}, at::kFloat);
  auto* row = rows.mutable_data_ptr<float>();
  const auto width = static_cast<std::size_t>(fold.width);
  for (const std::int64_t clip : clips) {
    fold.inputs->Copy(view, clip, {row, width});
    row += width;
  }
  return rows;
}

}  // namespace unmask
