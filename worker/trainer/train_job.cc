#include "worker/trainer/train_job.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include "worker/backbone/tuned.h"
#include "worker/clip_text/text_side.h"
#include "worker/model/split.h"
#include "worker/trainer/batches.h"
#include "worker/trainer/measures.h"

namespace unmask {
namespace {

using Wish = TrainHooks::Wish;

bool AllFinite(const std::vector<std::vector<float>>& rows) {
  return std::all_of(rows.begin(), rows.end(), [](const std::vector<float>& row) {
    return std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); });
  });
}

class JobTrainer {
 public:
  JobTrainer(const JobSpec& spec, const FoldData& fold, TrainOptions options,
             const EngineMaker& make_engine, const Clock& clock, TrainHooks& hooks)
      : spec_(spec),
        fold_(fold),
        options_(std::move(options)),
        clock_(clock),
        hooks_(hooks),
        shape_(ShapeOf(spec.settings, fold)),
        engine_(make_engine(spec.settings, shape_, fold)),
        order_(spec.seed, spec.held_out, "batches"),
        masks_(shape_, spec.settings.train.dropout, spec.seed, spec.held_out),
        batch_sizes_(BatchSizes(static_cast<std::int64_t>(fold.split.train.size()),
                                spec.settings.train.batch, LeastBatch(spec.settings))),
        stopping_(spec.settings.train.patience) {
    AgreeOnStart();
    started_ = checkpointed_ = clock.Now();  // the gang has met
    Restore();
    hooks_.OnStart(epoch_);
  }

  TrainOutcome Run();

 private:
  enum class EpochEnd { kTrained, kAbandoned, kDiverged };

  void AgreeOnStart();
  void Restore();
  bool AnyMember(bool mine) const;
  EpochEnd TrainEpoch();
  EpochEnd Validate();
  void AddCurves(CurveSplit split, const std::vector<TaskScore>& scores);
  std::int64_t MonitoredScore(const std::vector<TaskScore>& scores) const;
  void MaybeCheckpoint(bool leaving);
  bool Finished() const;
  double Seconds() const;
  std::int64_t ImagesForwarded() const;
  TrainOutcome Finish();
  TaskPredictions Predictions(std::size_t head, const std::vector<float>& logits) const;

  const JobSpec& spec_;
  const FoldData& fold_;
  TrainOptions options_;
  const Clock& clock_;
  TrainHooks& hooks_;
  ModelShape shape_;
  std::unique_ptr<Engine> engine_;
  RandomStream order_;
  MaskMaker masks_;
  std::vector<std::int64_t> batch_sizes_;
  EarlyStopping stopping_;
  Millis started_{};
  double seconds_before_ = 0;  // of earlier attempts
  std::int64_t images_before_ = 0;
  Millis checkpointed_{};
  bool dirty_ = false;      // epochs were trained since the last checkpoint
  std::int64_t epoch_ = 0;  // epochs finished
  std::int64_t steps_ = 0;  // optimiser steps
  NamedTensors best_;       // of the best epoch; empty under validation `none`
  std::vector<CurvePoint> curves_;
};

// One member of a gang may have found a checkpoint that another could not read: then all start
// anew.
void JobTrainer::AgreeOnStart() {
  const auto mine = static_cast<double>(options_.resume ? options_.resume->epoch : 0);
  const bool differs = engine_->SumOverMembers(mine) != mine * engine_->members();
  if (AnyMember(differs)) options_.resume.reset();
}

void JobTrainer::Restore() {
  if (!options_.resume) {
    NamedTensors weights = InitialWeights(shape_, spec_.seed, spec_.held_out);
    if (fold_.backbone) {
      weights.insert(fold_.backbone->weights.begin(), fold_.backbone->weights.end());
    }
    engine_->SetWeights(weights);
    return;
  }
  // The engine has copies of a backbone's weights and moments: these go at the end.
  TrainingState state = *std::exchange(options_.resume, std::nullopt);
  UNMASK_CHECK(FitsModel(state, shape_));
  engine_->SetWeights(state.weights);
  engine_->SetMoments(state.moments, state.steps);
  stopping_ = EarlyStopping(spec_.settings.train.patience, state.stopping);
  epoch_ = state.epoch;
  steps_ = state.steps;
  seconds_before_ = state.seconds;
  images_before_ = state.images_forwarded;
  best_ = std::move(state.best);
  curves_ = std::move(state.curves);
}

// The members of a gang decide alike, and yield after the same epoch.
bool JobTrainer::AnyMember(bool mine) const { return engine_->SumOverMembers(mine ? 1 : 0) > 0; }

TrainOutcome JobTrainer::Run() {
  while (!Finished()) {
    const bool none_left = options_.epochs_available > 0 && epoch_ >= options_.epochs_available;
    if (none_left || AnyMember(hooks_.Wanted() == Wish::kYield)) {
      MaybeCheckpoint(/*leaving=*/true);
      return TrainYielded{epoch_};
    }
    EpochEnd end = TrainEpoch();
    if (end == EpochEnd::kTrained) end = Validate();
    if (end == EpochEnd::kAbandoned) return TrainAbandoned{};
    if (end == EpochEnd::kDiverged) return TrainDiverged{epoch_};
    ++epoch_;
    dirty_ = true;
    hooks_.OnEpoch(epoch_);
    if (!Finished()) MaybeCheckpoint(/*leaving=*/false);
  }
  return Finish();
}

JobTrainer::EpochEnd JobTrainer::TrainEpoch() {
  const std::vector<std::int64_t> order = EpochOrder(order_, epoch_, fold_.split.train);
  std::vector<TaskScore> scores(fold_.tasks.size());
  const std::int64_t view = epoch_ % spec_.settings.augment.views;
  std::span<const std::int64_t> rest = order;
  for (std::size_t step = 0; step < batch_sizes_.size(); ++step) {
    if (hooks_.Wanted() == Wish::kAbandon) return EpochEnd::kAbandoned;
    const auto clips = rest.first(static_cast<std::size_t>(batch_sizes_[step]));
    rest = rest.subspan(clips.size());
    const auto number = static_cast<std::int64_t>(step);
    const DropoutMasks& masks = engine_->DrawsMasks()
                                    ? masks_.Numbers(epoch_, number)
                                    : masks_.Make(epoch_, number, batch_sizes_[step]);
    const StepOutcome outcome = engine_->Step(view, clips, masks);
    ++steps_;
    hooks_.OnStep();
    if (!std::isfinite(outcome.loss)) return EpochEnd::kDiverged;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      AddScore(outcome.logits[i], clips, fold_.tasks[i].labels, scores[i]);
    }
  }
  AddCurves(CurveSplit::kTrain, scores);
  return EpochEnd::kTrained;
}

JobTrainer::EpochEnd JobTrainer::Validate() {
  const std::vector<std::int64_t>& clips = fold_.split.validation;
  if (clips.empty()) return EpochEnd::kTrained;
  const Evaluation evaluation = engine_->EvaluateLogits(clips);
  if (!AllFinite(evaluation.logits)) return EpochEnd::kDiverged;
  std::vector<TaskScore> scores(fold_.tasks.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    AddScore(evaluation.logits[i], clips, fold_.tasks[i].labels, scores[i]);
  }
  AddCurves(CurveSplit::kValidation, scores);
  if (stopping_.Observe(epoch_, MonitoredScore(scores))) best_ = engine_->Weights();
  return EpochEnd::kTrained;
}

void JobTrainer::AddCurves(CurveSplit split, const std::vector<TaskScore>& scores) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto clips = static_cast<double>(scores[i].clips);
    curves_.push_back({epoch_, split, fold_.tasks[i].task, scores[i].loss_sum / clips,
                       static_cast<double>(scores[i].correct) / clips});
  }
}

// All tasks are scored on the same clips, so the sum of right answers orders epochs as the mean of
// the accuracies does.
std::int64_t JobTrainer::MonitoredScore(const std::vector<TaskScore>& scores) const {
  const Monitor monitor = spec_.settings.train.monitor;
  const bool mean = monitor == Monitor::kMean || scores.size() == 1;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const bool watched = (monitor == Monitor::kTer) == (fold_.tasks[i].task == Task::kTer);
    if (mean || watched) sum += scores[i].correct;
  }
  return sum;
}

void JobTrainer::MaybeCheckpoint(bool leaving) {
  const Millis age = clock_.Now() - checkpointed_;
  const bool due = std::chrono::duration<double>(age).count() >= options_.checkpoint_seconds;
  if (!dirty_ || (!leaving && !due)) return;
  const bool kept = hooks_.OnCheckpoint(
      {options_.job_key, options_.numerics_class, epoch_, steps_, engine_->Weights(),
       engine_->Moments(), best_, stopping_.state(), curves_, Seconds(), ImagesForwarded()},
      leaving);
  dirty_ = !kept;
  checkpointed_ = clock_.Now();
}

bool JobTrainer::Finished() const {
  if (epoch_ >= spec_.settings.train.max_epochs) return true;
  return epoch_ > 0 && !fold_.split.validation.empty() && stopping_.ShouldStop(epoch_ - 1);
}

double JobTrainer::Seconds() const {
  return seconds_before_ + std::chrono::duration<double>(clock_.Now() - started_).count();
}

std::int64_t JobTrainer::ImagesForwarded() const {
  return images_before_ + (options_.images_forwarded ? options_.images_forwarded->load() : 0);
}

TrainOutcome JobTrainer::Finish() {
  const bool last_weights = fold_.split.validation.empty();
  NamedTensors best = last_weights ? engine_->Weights() : std::move(best_);
  engine_->SetWeights(best);
  const std::vector<std::int64_t>& clips = fold_.split.held_out;
  const Evaluation evaluation = engine_->Evaluate(clips);
  if (!AllFinite(evaluation.logits)) return TrainDiverged{epoch_};
  JobResult result;
  for (std::size_t i = 0; i < fold_.tasks.size(); ++i) {
    result.predictions.push_back(Predictions(i, evaluation.logits[i]));
  }
  if (evaluation.streams.size() == 2) {
    const auto& streams = evaluation.streams;
    if (clips.size() > 1) {  // of a single clip it is 0/0
      result.held_out_hsic = BiasedHsic(streams[0], streams[1], clips.size());
    }
    result.stream_cosine = MeanCosine(streams[0], streams[1], clips.size());
  }
  result.curves = std::move(curves_);
  result.epochs = epoch_;
  result.best_epoch = last_weights ? epoch_ - 1 : stopping_.state().best_epoch;
  result.seconds = Seconds();
  result.images_forwarded = ImagesForwarded();
  result.numerics_class = options_.numerics_class;
  return TrainDone{std::move(result), std::move(best)};
}

TaskPredictions JobTrainer::Predictions(std::size_t head, const std::vector<float>& logits) const {
  const TaskLabels& task = fold_.tasks[head];
  TaskPredictions predictions{task.task, task.classes, {}, {}, {}, logits};
  const std::size_t classes = task.classes.size();
  for (std::size_t i = 0; i < fold_.split.held_out.size(); ++i) {
    const auto clip = static_cast<std::size_t>(fold_.split.held_out[i]);
    predictions.samples.push_back(fold_.samples[clip]);
    predictions.labels.push_back(static_cast<std::int32_t>(task.labels[clip]));
    predictions.predicted.push_back(
        PredictedClass(std::span(logits).subspan(i * classes, classes)));
  }
  return predictions;
}

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

bool HasShapes(const NamedTensors& tensors, const Shapes& shapes) {
  return tensors.size() == shapes.size() &&
         std::equal(tensors.begin(), tensors.end(), shapes.begin(),
                    [](const auto& tensor, const auto& shape) {
                      return tensor.first == shape.first && tensor.second.shape == shape.second;
                    });
}

}  // namespace

ModelShape ShapeOf(const Settings& settings, const FoldData& fold) {
  ModelShape shape{fold.width, settings.model.adapter, settings.model.stream, {}};
  if (fold.text != nullptr) {
    const bool learnt = settings.model.kind == ModelKind::kClipPrompt;
    shape.adapter = 0;
    shape.stream = 0;
    shape.prompt = {learnt ? kContextTokens : 0, fold.text->parts.config.hidden};
  }
  for (const TaskLabels& task : fold.tasks) {
    shape.heads.push_back({task.task, static_cast<std::int64_t>(task.classes.size())});
  }
  if (fold.backbone) {
    shape.features = FeatureWidth(fold.backbone->config, fold.backbone->feature);
    for (const auto& [name, tensor] : fold.backbone->weights) shape.backbone[name] = tensor.shape;
  }
  return shape;
}

bool FitsModel(const TrainingState& state, const ModelShape& shape) {
  Shapes weights = shape.backbone;
  for (const auto& [name, tensor] : InitialWeights(shape, 0, "")) weights[name] = tensor.shape;
  Shapes moments;
  for (const auto& [name, extents] : weights) {
    if (IsBuffer(name)) continue;
    moments["first/" + name] = extents;
    moments["second/" + name] = extents;
  }
  return HasShapes(state.weights, weights) && HasShapes(state.moments, moments) &&
         (state.best.empty() || HasShapes(state.best, weights));
}

TrainOutcome TrainJob(const JobSpec& spec, const FoldData& fold, TrainOptions options,
                      const EngineMaker& make_engine, const Clock& clock, TrainHooks& hooks) {
  return JobTrainer(spec, fold, std::move(options), make_engine, clock, hooks).Run();
}

}  // namespace unmask
