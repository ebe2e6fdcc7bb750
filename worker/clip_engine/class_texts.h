// The features of the classes' prompts. Includes ATen: only for the files that do already.
#pragma once

#include "worker/clip_text/text_side.h"
#include "worker/model/fold.h"
#include "worker/model/model_shape.h"
#include "worker/torch_backbone/torch_backbone.h"

namespace unmask {

class ClassTexts {
 public:
  // Throws std::runtime_error where there are no prompts of these classes.
  ClassTexts(c10::Device device, const ModelShape& shape, const FoldData& fold);

  // [heads], each [classes, projection], on the device. `contexts`: the learnt tokens of each head
  // [context, width], through which autograd can go back; empty at zero-shot.
  std::vector<at::Tensor> Features(const std::vector<at::Tensor>& contexts) const;

  double scale() const { return scale_; }  // that cosines are multiplied with

 private:
  std::shared_ptr<const TextSide> text_;
  TorchWeights weights_;
  double scale_ = 1;
  std::vector<std::int64_t> classes_;  // of each head
  at::Tensor embeddings_;  // [all classes, tokens, width]; where a context comes in, of end tokens
  at::Tensor ends_;        // [all classes]
};

}  // namespace unmask
