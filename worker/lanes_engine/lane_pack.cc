#include "worker/lanes_engine/lane_pack.h"

#include <algorithm>

#include "common/base/check.h"
#include "worker/model/engine.h"

namespace unmask {
namespace {

// The part of a lane in a tensor whose first dimension is the lanes.
template <typename T>
std::span<T> PartOf(at::Tensor& tensor, std::int64_t lane) {
  const auto size = static_cast<std::size_t>(tensor.numel() / tensor.size(0));
  return std::span(tensor.mutable_data_ptr<T>(), size * static_cast<std::size_t>(tensor.size(0)))
      .subspan(static_cast<std::size_t>(lane) * size, size);
}

std::vector<float> CopyOf(const at::Tensor& tensor, std::int64_t lane) {
  const std::int64_t size = tensor.numel() / tensor.size(0);
  const float* data = tensor.const_data_ptr<float>() + lane * size;
  return {data, data + size};
}

}  // namespace

LanePack::LanePack(const LaneLayout& layout, std::int64_t lanes, at::Device device,
                   StepRecorder record, LaneStepper step)
    : layout_(layout),
      model_(layout, lanes, device, std::move(record), std::move(step)),
      inputs_(layout, lanes, at::TensorOptions(at::kCPU).pinned_memory(!device.is_cpu())),
      lanes_(static_cast<std::size_t>(lanes)) {
  for (std::int64_t lane = 0; lane < lanes; ++lane) Clear(lane);
}

LanePack::Lock LanePack::WhenStill() const {
  Lock lock(mutex_);
  still_.wait(lock, [this] { return !stepping_; });
  return lock;
}

LaneRequest LanePack::RequestOf(std::int64_t lane) {
  LaneRequest request;
  request.features = PartOf<float>(inputs_.features, lane);
  for (std::int64_t head = 0; head < inputs_.labels.size(0); ++head) {
    at::Tensor labels = inputs_.labels[head];
    request.labels.push_back(PartOf<std::int64_t>(labels, lane));
    at::Tensor shares = inputs_.shares[head];
    request.shares.push_back(PartOf<float>(shares, lane));
  }
  request.control = PartOf<float>(inputs_.control, lane);
  request.dropout = &inputs_.DropoutOf(lane);
  return request;
}

// Features of zero, so that nothing that a stale batch overflows can reach the lane's state.
void LanePack::Clear(std::int64_t lane) {
  const LaneRequest request = RequestOf(lane);
  std::fill(request.features.begin(), request.features.end(), 0.0F);
  for (const std::span<float> shares : request.shares) std::ranges::fill(shares, 0.0F);
  FillControl({}, LaneWork::kNothing, 0, 0, request.control);
}

std::optional<std::int64_t> LanePack::Enter() {
  const Lock lock = WhenStill();
  const auto free =
      std::find_if(lanes_.begin(), lanes_.end(), [](const Lane& l) { return !l.taken; });
  if (free == lanes_.end()) return std::nullopt;
  const std::int64_t lane = free - lanes_.begin();
  for (const LaneState state : {LaneState::kParameters, LaneState::kFirst, LaneState::kSecond}) {
    model_.Write(lane, state,
                 std::vector<float>(static_cast<std::size_t>(layout_.parameter_floats)));
  }
  model_.Write(lane, LaneState::kBuffers,
               std::vector<float>(static_cast<std::size_t>(layout_.buffer_floats)));
  free->taken = true;
  return lane;
}

void LanePack::Leave(std::int64_t lane) {
  StepAside(lane);
  const std::lock_guard lock(mutex_);
  Lane& left = lanes_[static_cast<std::size_t>(lane)];
  left.taken = false;
  left.error = nullptr;
}

bool LanePack::empty() const {
  const std::lock_guard lock(mutex_);
  return std::none_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.taken; });
}

// No step is done without a lane that is awaited: between its steps there is nothing to wait for.
LaneRequest LanePack::Begin(std::int64_t lane) {
  Lane& mine = lanes_[static_cast<std::size_t>(lane)];
  if (!mine.awaited) {
    const Lock lock = WhenStill();
    mine.awaited = true;
  }
  return RequestOf(lane);
}

void LanePack::StepAside(std::int64_t lane) {
  const Lock lock = WhenStill();
  lanes_[static_cast<std::size_t>(lane)].awaited = false;
  Clear(lane);
  if (AllHaveAsked()) Call();  // who wait for nobody any more: one of them is to see to it
}

bool LanePack::AllHaveAsked() const {
  bool some = false;
  for (const Lane& lane : lanes_) {
    if (lane.awaited && !lane.asked) return false;
    some = some || lane.asked;
  }
  return some;
}

void LanePack::Call() {
  ++calls_;
  calls_.notify_all();
}

void LanePack::Step(std::int64_t lane, HsicKinds kinds) {
  Lane& mine = lanes_[static_cast<std::size_t>(lane)];
  Lock lock(mutex_);
  UNMASK_CHECK(mine.awaited);
  mine.asked = true;
  mine.kinds = kinds;
  while (true) {
    // A call can be one too many: somebody else may see to the step, or have done so.
    if (mine.asked && !stepping_ && AllHaveAsked()) StepAll(lock);
    const std::uint32_t heard = calls_;
    lock.unlock();
    if (mine.asked) calls_.wait(heard);
    if (!mine.asked) break;
    lock.lock();
  }
  if (mine.error) std::rethrow_exception(mine.error);
}

// The mutex is let go meanwhile: who only looks whether the pack is empty, or counts, need not
// wait.
void LanePack::StepAll(Lock& lock) {
  HsicKinds kinds;
  int asking = 0;
  for (const Lane& lane : lanes_) {
    asking += lane.asked ? 1 : 0;
    kinds.paper |= lane.asked && lane.kinds.paper;
    kinds.matrix |= lane.asked && lane.kinds.matrix;
  }
  stepping_ = true;
  lock.unlock();
  std::exception_ptr error;
  try {
    model_.Step(inputs_, kinds);
  } catch (const std::exception& exception) {
    error = asking == 1 ? std::current_exception()
                        : std::make_exception_ptr(SharedStepFailed(exception.what()));
  }
  lock.lock();
  stepping_ = false;
  ++count_.steps;
  for (Lane& lane : lanes_) {
    if (!lane.asked) continue;
    ++count_.used;
    lane.error = error;
    lane.asked = false;
  }
  Call();
  still_.notify_all();
}

float LanePack::Loss(std::int64_t lane) const {
  return model_.outputs().loss.const_data_ptr<float>()[lane];
}

std::vector<float> LanePack::Logits(std::size_t head, std::int64_t lane) const {
  return CopyOf(model_.outputs().logits[head], lane);
}

std::vector<float> LanePack::Streams(std::size_t head, std::int64_t lane) const {
  return model_.Stream(head, lane);
}

// The other lanes wait for a copy on the device, not for the way to the host.
std::vector<float> LanePack::Read(std::int64_t lane, LaneState state) const {
  const auto copy = [&] {
    const Lock lock = WhenStill();
    return model_.Copy(lane, state);
  };
  return ToHost(copy());
}

void LanePack::Write(std::int64_t lane, LaneState state, std::span<const float> row) {
  const Lock lock = WhenStill();
  model_.Write(lane, state, row);
}

LanePack::Count LanePack::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

}  // namespace unmask
