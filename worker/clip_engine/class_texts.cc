#include "worker/clip_engine/class_texts.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "worker/model/input_error.h"
#include "worker/torch_backbone/text_transformer.h"

namespace unmask {
namespace {

template <typename T>
T ValueOrThrow(Result<T> result) {
  if (!result.ok()) throw InputError(result.error());
  return *std::move(result);
}

}  // namespace

ClassTexts::ClassTexts(c10::Device device, const ModelShape& shape, const FoldData& fold)
    : text_(fold.text), weights_(ValueOrThrow(MakeTorchWeights(fold.text->parts.weights))) {
  scale_ = std::exp(weights_.at("scale").item<double>());
  const std::int64_t context = shape.prompt->context;
  std::vector<Prompt> prompts;
  for (const TaskLabels& task : fold.tasks) {
    auto more = ValueOrThrow(context > 0 ? LearntPrompts(*text_, context, task.classes)
                                         : ZeroShotPrompts(*text_, task.task, task.classes));
    classes_.push_back(static_cast<std::int64_t>(more.size()));
    prompts.insert(prompts.end(), more.begin(), more.end());
  }
  std::size_t longest = 0;
  for (const Prompt& prompt : prompts) longest = std::max(longest, prompt.tokens.size());
  std::vector<std::int64_t> ends;
  std::vector<at::Tensor> rows;
  for (Prompt& prompt : prompts) {
    prompt.tokens.resize(longest, text_->tokenizer.end());  // what follows the end changes nothing
    ends.push_back(prompt.end);
    rows.push_back(TokenEmbeddings(weights_, prompt.tokens));
  }
  embeddings_ = at::stack(rows).to(device);
  ends_ = at::tensor(ends, at::kLong).to(device);
  for (auto& [role, tensor] : weights_) tensor = tensor.to(device);
}

std::vector<at::Tensor> ClassTexts::Features(const std::vector<at::Tensor>& contexts) const {
  std::vector<at::Tensor> parts = embeddings_.split_with_sizes(classes_);
  for (std::size_t head = 0; head < contexts.size(); ++head) {
    const std::int64_t context = contexts[head].size(0);
    const std::int64_t after = parts[head].size(1) - 1 - context;
    parts[head] = at::cat(
        {parts[head].narrow(1, 0, 1), contexts[head].unsqueeze(0).expand({classes_[head], -1, -1}),
         parts[head].narrow(1, 1 + context, after)},
        1);
  }
  return TextFeatures(text_->parts.config, weights_, at::cat(parts), ends_)
      .split_with_sizes(classes_);
}

}  // namespace unmask
