#include "worker/finetune_engine/batch_norm.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "worker/model/constants.h"

namespace unmask {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// y = sum over the members m of x_m, the same on each. The loss is the sum of what the members make
// of their y, so that its slope by x_m is the sum over the members of their slopes by y.
struct SumOverGang : torch::autograd::Function<SumOverGang> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, Gang* gang) {
    context->saved_data["gang"] = c10::IValue::make_capsule(c10::make_intrusive<Handle>(gang));
    return Summed(x, *gang);
  }
  static variable_list backward(AutogradContext* context, const variable_list& slopes) {
    const auto handle =
        c10::static_intrusive_pointer_cast<Handle>(context->saved_data["gang"].toCapsule());
    return {Summed(slopes[0], *handle->gang), at::Tensor()};
  }

 private:
  struct Handle final : torch::CustomClassHolder {  // what autograd can keep
    explicit Handle(Gang* held) : gang(held) {}
    Gang* gang;
  };

  static at::Tensor Summed(const at::Tensor& x, Gang& gang) {
    at::Tensor sum = x.clone(at::MemoryFormat::Contiguous);
    gang.Sum({sum});
    return sum;
  }
};

at::Tensor PerChannel(const at::Tensor& values) { return values.view({1, -1, 1, 1}); }

void Move(const at::Tensor& buffer, const at::Tensor& towards) {
  buffer.mul_(1 - kBatchNormMomentum).add_(towards, kBatchNormMomentum);
}

}  // namespace

at::Tensor NormByBatch(const at::Tensor& x, const NormTensors& norm) {
  return at::batch_norm(x, norm.weight, norm.bias, norm.mean, norm.variance, /*training=*/true,
                        kBatchNormMomentum, kResnetNormEpsilon, /*cudnn_enabled=*/false);
}

at::Tensor NormByGang(const at::Tensor& x, const NormTensors& norm, std::int64_t pictures,
                      Gang& gang) {
  const auto over_gang = [&](const at::Tensor& values) {
    return SumOverGang::apply(values.sum({0, 2, 3}), &gang);
  };
  const auto count = static_cast<double>(pictures * x.size(2) * x.size(3));
  const at::Tensor mean = over_gang(x) / count;
  const at::Tensor centred = x - PerChannel(mean);
  const at::Tensor variance = over_gang(centred * centred) / count;
  {
    const at::NoGradGuard no_grad;
    Move(norm.mean, mean);
    Move(norm.variance, variance * (count / (count - 1)));
  }
  const at::Tensor scale = norm.weight / (variance + kResnetNormEpsilon).sqrt();
  return centred * PerChannel(scale) + PerChannel(norm.bias);
}

}  // namespace unmask
