#include "worker/lanes_engine/lanes_engine.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "worker/model/class_weights.h"
#include "worker/reference_engine/prepare_numerics.h"
#include "worker/reference_engine/torch_errors.h"

namespace unmask {
namespace {

HsicKinds KindsOf(const Settings::Loss& loss) {
  if (loss.alpha == 0) return {};
  const bool paper = loss.hsic == HsicKind::kPaper;
  return {paper, !paper};
}

// The first `width` of every `padded` numbers, for `rows` rows.
void AppendRows(const std::vector<float>& from, std::size_t padded, std::size_t width,
                std::size_t rows, std::vector<float>& to) {
  for (std::size_t i = 0; i < rows; ++i) {
    const auto row = from.begin() + static_cast<std::ptrdiff_t>(i * padded);
    to.insert(to.end(), row, row + static_cast<std::ptrdiff_t>(width));
  }
}

LaneDropout DropoutOf(const DropoutNumbers& numbers) {
  LaneDropout dropout{numbers.least, numbers.epoch, numbers.step, {}};
  std::copy(numbers.adapter.begin(), numbers.adapter.end(), dropout.keys[0]);
  for (std::size_t i = 0; i < numbers.streams.size(); ++i) {
    std::copy(numbers.streams[i].begin(), numbers.streams[i].end(), dropout.keys[i + 1]);
  }
  return dropout;
}

}  // namespace

std::int64_t RowsOf(const Settings& settings, const FoldData& fold) {
  constexpr std::int64_t kMostThatJoin = 3;  // unbiased HSIC needs batches of 4
  return std::min(settings.train.batch, std::ssize(fold.samples)) + kMostThatJoin;
}

class LanesEngine final : public Engine {
 public:
  LanesEngine(LanePool& pool, const Settings& settings, const ModelShape& shape,
              const FoldData& fold)
      : pool_(pool),
        settings_(settings),
        shape_(shape),
        fold_(fold),
        place_(pool.Enter(shape, RowsOf(settings, fold))),
        pack_(*place_.pack) {
    if (shape.heads.size() < 2) settings_.loss.alpha = 0;
  }
  ~LanesEngine() override { pool_.Leave(place_); }
  LanesEngine(const LanesEngine&) = delete;
  LanesEngine& operator=(const LanesEngine&) = delete;

  StepOutcome Step(std::int64_t view, std::span<const std::int64_t> clips,
                   const DropoutMasks& masks) override;
  bool DrawsMasks() const override { return true; }
  Evaluation Evaluate(std::span<const std::int64_t> clips) override {
    return Evaluate(clips, /*streams=*/true);
  }
  Evaluation EvaluateLogits(std::span<const std::int64_t> clips) override {
    return Evaluate(clips, /*streams=*/false);
  }
  NamedTensors Weights() const override;
  NamedTensors Moments() const override;
  void SetWeights(const NamedTensors& weights) override;
  void SetMoments(const NamedTensors& moments, std::int64_t steps) override;

 private:
  Evaluation Evaluate(std::span<const std::int64_t> clips, bool streams);
  void MakeView(std::int64_t view) const;
  void FillClips(std::int64_t view, std::span<const std::int64_t> clips,
                 const LaneRequest& request) const;
  void AppendLogits(std::size_t clips, std::vector<std::vector<float>>& logits) const;
  std::size_t heads() const { return shape_.heads.size(); }

  LanePool& pool_;
  Settings settings_;
  const ModelShape shape_;
  const FoldData& fold_;
  const LanePool::Place place_;
  LanePack& pack_;
  std::int64_t steps_ = 0;  // of Adam
};

// The other lanes need not wait for that: they would be taken for hung.
void LanesEngine::MakeView(std::int64_t view) const {
  if (fold_.inputs->Has(view)) return;
  pack_.StepAside(place_.lane);
  std::vector<float> row(static_cast<std::size_t>(fold_.width));
  fold_.inputs->Copy(view, 0, row);
}

void LanesEngine::FillClips(std::int64_t view, std::span<const std::int64_t> clips,
                            const LaneRequest& request) const {
  const auto width = static_cast<std::size_t>(fold_.width);
  const auto padded = static_cast<std::size_t>(pack_.layout().features);  // the rest stays zero
  const auto beyond = request.features.subspan(clips.size() * padded);
  std::fill(beyond.begin(), beyond.end(), 0.0F);
  for (std::size_t i = 0; i < clips.size(); ++i) {
    fold_.inputs->Copy(view, clips[i], request.features.subspan(i * padded, width));
    for (std::size_t head = 0; head < heads(); ++head) {
      request.labels[head][i] = fold_.tasks[head].labels[static_cast<std::size_t>(clips[i])];
    }
  }
  for (const std::span<float> shares : request.shares) std::ranges::fill(shares, 0.0F);
}

void LanesEngine::AppendLogits(std::size_t clips, std::vector<std::vector<float>>& logits) const {
  for (std::size_t head = 0; head < heads(); ++head) {
    const LaneLayout::Head& of = pack_.layout().heads[head];
    AppendRows(pack_.Logits(head, place_.lane), static_cast<std::size_t>(of.classifier.out),
               static_cast<std::size_t>(of.classes), clips, logits[head]);
  }
}

StepOutcome LanesEngine::Step(std::int64_t view, std::span<const std::int64_t> clips,
                              const DropoutMasks& masks) {
  return WithStandardErrors([&] {
    const LaneLayout& layout = pack_.layout();
    UNMASK_CHECK(static_cast<std::int64_t>(clips.size()) <= layout.rows);
    MakeView(view);
    const LaneRequest request = pack_.Begin(place_.lane);
    FillClips(view, clips, request);
    for (std::size_t head = 0; head < heads(); ++head) {
      std::ranges::copy(SharesOf(fold_.tasks[head], clips), request.shares[head].begin());
    }
    UNMASK_CHECK(masks.numbers.streams.size() == heads());
    *request.dropout = DropoutOf(masks.numbers);
    FillControl(settings_, LaneWork::kTrain, static_cast<std::int64_t>(clips.size()), ++steps_,
                request.control);
    pack_.Step(place_.lane, KindsOf(settings_.loss));
    StepOutcome outcome{pack_.Loss(place_.lane), std::vector<std::vector<float>>(heads())};
    AppendLogits(clips.size(), outcome.logits);
    return outcome;
  });
}

// An evaluation is a step of the pack too: other lanes train meanwhile.
Evaluation LanesEngine::Evaluate(std::span<const std::int64_t> clips, bool streams) {
  return WithStandardErrors([&] {
    const LaneLayout& layout = pack_.layout();
    Evaluation evaluation{std::vector<std::vector<float>>(heads()),
                          std::vector<std::vector<float>>(heads())};
    while (!clips.empty()) {
      const auto part = clips.first(std::min(clips.size(), static_cast<std::size_t>(layout.rows)));
      clips = clips.subspan(part.size());
      const LaneRequest request = pack_.Begin(place_.lane);
      FillClips(kPlainView, part, request);
      *request.dropout = {};
      FillControl(settings_, LaneWork::kEvaluate, static_cast<std::int64_t>(part.size()), 0,
                  request.control);
      pack_.Step(place_.lane, {});
      AppendLogits(part.size(), evaluation.logits);
      for (std::size_t head = 0; streams && head < heads(); ++head) {
        AppendRows(pack_.Streams(head, place_.lane), static_cast<std::size_t>(layout.stream_width),
                   static_cast<std::size_t>(shape_.stream), part.size(), evaluation.streams[head]);
      }
    }
    return evaluation;
  });
}

NamedTensors LanesEngine::Weights() const {
  NamedTensors weights;
  CopyFromRow(pack_.layout().parameters, "", pack_.Read(place_.lane, LaneState::kParameters),
              weights);
  CopyFromRow(pack_.layout().buffers, "", pack_.Read(place_.lane, LaneState::kBuffers), weights);
  return weights;
}

// Moments are asked for by checkpoints alone, which are written to a disk next: the other lanes
// need not wait for that.
NamedTensors LanesEngine::Moments() const {
  NamedTensors moments;
  pack_.StepAside(place_.lane);
  const auto& places = pack_.layout().parameters;
  CopyFromRow(places, "first/", pack_.Read(place_.lane, LaneState::kFirst), moments);
  CopyFromRow(places, "second/", pack_.Read(place_.lane, LaneState::kSecond), moments);
  return moments;
}

void LanesEngine::SetWeights(const NamedTensors& weights) {
  const LaneLayout& layout = pack_.layout();
  std::vector<float> parameters(static_cast<std::size_t>(layout.parameter_floats));
  std::vector<float> buffers(static_cast<std::size_t>(layout.buffer_floats));
  CopyToRow(layout.parameters, "", weights, parameters);
  CopyToRow(layout.buffers, "", weights, buffers);
  pack_.Write(place_.lane, LaneState::kParameters, parameters);
  pack_.Write(place_.lane, LaneState::kBuffers, buffers);
}

void LanesEngine::SetMoments(const NamedTensors& moments, std::int64_t steps) {
  const LaneLayout& layout = pack_.layout();
  std::vector<float> row(static_cast<std::size_t>(layout.parameter_floats));
  CopyToRow(layout.parameters, "first/", moments, row);
  pack_.Write(place_.lane, LaneState::kFirst, row);
  CopyToRow(layout.parameters, "second/", moments, row);
  pack_.Write(place_.lane, LaneState::kSecond, row);
  steps_ = steps;
}

std::unique_ptr<Engine> LanePool::Make(const Settings& settings, const ModelShape& shape,
                                       const FoldData& fold) {
  PrepareNumerics(device_);  // of this thread, which may do the steps
  return WithStandardErrors(
      [&] { return std::make_unique<LanesEngine>(*this, settings, shape, fold); });
}

// Never destroyed: at the process's end CUDA may be gone before it.
std::unique_ptr<Engine> MakeLanesEngine(std::int64_t lanes, bool cuda, const Settings& settings,
                                        const ModelShape& shape, const FoldData& fold) {
  static LanePool& pool = *new LanePool(lanes, cuda ? at::kCUDA : at::kCPU);
  return pool.Make(settings, shape, fold);
}

LanePool::Place LanePool::Enter(const ModelShape& shape, std::int64_t rows) {
  const std::lock_guard lock(mutex_);
  for (Pack& pack : packs_) {
    if (pack.shape != shape || pack.rows != rows) continue;
    if (const auto lane = pack.pack->Enter()) return {pack.pack.get(), *lane};
  }
  auto pack = std::make_unique<LanePack>(LaneLayout(shape, rows), lanes_, device_, record_, step_);
  const Place place{pack.get(), pack->Enter().value()};
  packs_.push_back({shape, rows, std::move(pack)});
  return place;
}

void LanePool::Leave(const Place& place) {
  const std::lock_guard lock(mutex_);
  place.pack->Leave(place.lane);
  if (!place.pack->empty()) return;
  gone_.steps += place.pack->count().steps;
  gone_.used += place.pack->count().used;
  packs_.remove_if([&](const Pack& pack) { return pack.pack.get() == place.pack; });
}

LanePack::Count LanePool::count() const {
  const std::lock_guard lock(mutex_);
  LanePack::Count count = gone_;
  for (const Pack& pack : packs_) {
    count.steps += pack.pack->count().steps;
    count.used += pack.pack->count().used;
  }
  return count;
}

}  // namespace unmask
