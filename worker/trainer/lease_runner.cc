#include "worker/trainer/lease_runner.h"

#include <fmt/format.h>

#include <new>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/first_line.h"
#include "common/base/log.h"
#include "common/base/sha256.h"
#include "common/base/shared_module.h"
#include "common/base/text.h"
#include "common/data/pictures.h"
#include "common/jobs/feature_jobs.h"
#include "worker/backbone/tuned.h"
#include "worker/clip_text/text_side.h"
#include "worker/model/gang_meeting.h"

namespace unmask {
namespace {

constexpr Millis kNoRoomLimit{10 * 60 * 1000};  // as the coordinator waits
constexpr std::chrono::milliseconds kLookForRoom{1000};
constexpr int kTries = 3;  // of a write that fails otherwise
constexpr std::chrono::milliseconds kBetweenTries{300};

// Libraries that may be missing here are known by their words.
FailureClass FailureOf(std::string_view what) {
  const auto says = [&](std::string_view words) {
    return what.find(words) != std::string_view::npos;
  };
  const bool memory = says("CUDA out of memory") || says("CUDA error: out of memory") ||
                      says("_STATUS_ALLOC_FAILED") || says("can't allocate memory") ||
                      says("std::bad_alloc") || says("Cannot allocate memory") ||
                      // of a library that is loaded
                      says("failed to map segment") || says("cannot allocate memory");
  if (memory) return FailureClass::kOutOfMemory;
  return says("CUDA error") ? FailureClass::kCuda : FailureClass::kExit;
}
FailureClass FailureOf(const std::exception& exception) {
  const bool memory = dynamic_cast<const std::bad_alloc*>(&exception) != nullptr;
  return memory ? FailureClass::kOutOfMemory : FailureOf(exception.what());
}
// Data are the job's own fault, and no retry helps; anything else is this worker's.
FailureClass FailureOf(const Error& error) {
  return error.code == ErrorCode::kInternal ? FailureOf(OneLine(error)) : FailureClass::kBadInput;
}

class LeaseHooks final : public TrainHooks {
 public:
  // `note`: what was odd about what it found to go on from, after `found` epochs.
  LeaseHooks(const Lease& lease, LeaseControl& control, const BlobFolder& blobs,
             const SendMessage& send, std::int64_t found, std::string note)
      : lease_(lease),
        control_(control),
        blobs_(blobs),
        send_(send),
        found_(found),
        note_(std::move(note)) {}

  void OnStart(std::int64_t epochs_finished) override {
    control_.epoch = epochs_finished;
    if (lease_.gang.member > 0) return;  // member 0 speaks for all
    if (epochs_finished != found_) {
      note_ += fmt::format("{}other members of the gang did not find the checkpoint of epoch {}",
                           note_.empty() ? "" : "; ", found_);
    }
    send_(AttemptStarted{lease_.id, epochs_finished, note_});
  }

  const std::string& note() const { return note_; }

  Wish Wanted() override {
    if (control_.abandon.load(std::memory_order_relaxed)) return Wish::kAbandon;
    return control_.yield.load(std::memory_order_relaxed) ? Wish::kYield : Wish::kGoOn;
  }
  void OnStep() override { control_.steps.fetch_add(1, std::memory_order_relaxed); }
  void OnEpoch(std::int64_t epochs_finished) override {
    control_.epoch.store(epochs_finished, std::memory_order_relaxed);
  }
  // A full disk costs the checkpoint, not the training.
  void OnCheckpoint(const TrainingState& state) override {
    if (lease_.gang.member > 0) return;  // member 0's is the same
    const std::string bytes = EncodeCheckpoint(state);
    const auto sha256 = blobs_.Write(bytes);
    if (!sha256) {
      LogError(fmt::format("job {}: no checkpoint at epoch {}: {}", lease_.id.job_key.substr(0, 12),
                           state.epoch, OneLine(sha256.error())));
      return;
    }
    send_(CheckpointWritten{
        lease_.id,
        {*sha256, state.epoch, static_cast<std::int64_t>(bytes.size()), state.numerics_class}});
  }

 private:
  const Lease& lease_;
  LeaseControl& control_;
  const BlobFolder& blobs_;
  const SendMessage& send_;
  std::int64_t found_;
  std::string note_;
};

// In the attempt's message.
void AddNote(const std::string& note, JobResult& result) {
  if (note.empty()) return;
  result.note += (result.note.empty() ? "" : "; ") + note;
}

// How a job meets the other members of its gang: by way of the agent and the coordinator.
class LeaseMeeting final : public GangMeeting {
 public:
  LeaseMeeting(const Lease& lease, LeaseControl& control, const SendMessage& send)
      : lease_(lease), control_(control), send_(send) {}

  int member() const override { return lease_.gang.member; }
  int size() const override { return lease_.gang.size; }
  bool one_host() const override { return lease_.gang.one_host; }
  std::optional<std::string> Meet(const std::string& address) override {
    send_(GangReady{lease_.id, address});
    SetWaiting(true);  // until the first sum, which needs all of them, is made
    return control_.AwaitGang();
  }
  void SetWaiting(bool waiting) override { control_.waits = waiting; }

 private:
  const Lease& lease_;
  LeaseControl& control_;
  const SendMessage& send_;
};

}  // namespace

LeaseRunner::LeaseRunner(const fs::path& store, std::string numerics_class, EngineMaker make_engine,
                         const Clock& clock, SendMessage send, MakeBackboneFunction make_backbone)
    : store_(store),
      blobs_(store / "blobs"),
      numerics_class_(std::move(numerics_class)),
      make_engine_(std::move(make_engine)),
      clock_(clock),
      send_(std::move(send)),
      tensors_(blobs_),
      models_(store, std::move(make_backbone)) {}

void LeaseRunner::Run(const Lease& lease, LeaseControl& control) const {
  try {
    auto spec = LoadSpec(lease);
    if (!spec.ok()) return Fail(lease, FailureClass::kBadInput, OneLine(spec.error()));
    if (spec->kind == JobKind::kFeatures) return MakeFeatures(lease, *spec, control);
    Train(lease, *std::move(spec), control);
  } catch (const GangLost& lost) {
    send_(GangLeft{lease.id, EscapeControl(lost.what())});
  } catch (const GangDismissed&) {
    Yield(lease, control);
  } catch (const InputError& unusable) {
    Fail(lease, FailureOf(unusable.error()), OneLine(unusable.error()));
  } catch (const SharedStepFailed& shared) {
    Fail(lease, FailureOf(shared), EscapeControl(FirstLine(shared.what())), /*sole_suspect=*/false);
  } catch (const std::exception& exception) {
    Fail(lease, FailureOf(exception), EscapeControl(FirstLine(exception.what())));
  }
}

Result<JobSpec> LeaseRunner::LoadSpec(const Lease& lease) const {
  const auto json = nlohmann::json::parse(lease.spec, nullptr, /*allow_exceptions=*/false);
  UNMASK_ASSIGN(JobSpec spec, JobSpecFromJson(json));
  if (spec.numerics_version != kNumericsVersion) {
    return DataError(fmt::format("job of numerics version {}", spec.numerics_version), "spec",
                     fmt::format("version {}", kNumericsVersion));
  }
  return spec;
}

// The inputs, and what a job trains or reads beside them.
Status LeaseRunner::LoadPictures(const Lease& lease, LeaseControl& control, Job& job) const {
  if (lease.inputs.empty()) return DataError("a lease without its pictures", "inputs");
  UNMASK_ASSIGN(const std::vector<std::string> samples, SamplesOf(blobs_, job.spec.pictures));
  if (samples != job.fold.samples) {
    return DataError("the pictures are not of the data set's clips", job.spec.pictures);
  }
  UNMASK_ASSIGN(PictureInputs pictures, InputsOf(lease, control, job));
  if (ReadsText(job.spec.settings)) {
    UNMASK_ASSIGN(const fs::path folder, models_.Folder(job.spec));
    UNMASK_ASSIGN(job.fold.text, OpenTextSide(folder, BesideProgram(kStandardMergesFile)));
  }
  job.fold.inputs = std::move(pictures.inputs);
  job.fold.width = pictures.width;
  job.images_forwarded = std::move(pictures.images_forwarded);
  return {};
}

// Whether a lease names the bank's views or crops is no part of its job (common/jobs/job.h,
// Reduce): the blob tells.
Result<PictureInputs> LeaseRunner::InputsOf(const Lease& lease, LeaseControl& control,
                                            Job& job) const {
  const std::string& first = lease.inputs.front();
  if (job.spec.settings.features.finetune) return PixelsFor(first, job);
  UNMASK_ASSIGN(const bool bank, tensors_.Has(first, kFeaturesTensor));
  if (bank) return BankInputs(tensors_, lease.inputs, std::ssize(job.fold.samples));
  return OnlineFor(first, control, job);
}

Result<PictureInputs> LeaseRunner::PixelsFor(const std::string& crops_blob, Job& job) const {
  UNMASK_ASSIGN(BlobTensor crops, OpenCrops(crops_blob, job.fold.samples));
  UNMASK_ASSIGN(const ModelFolder model, models_.Open(job.spec));
  const Size size = OutputSize(model.preprocessing).value();
  UNMASK_ASSIGN(TunedBackbone backbone, MakeTunedBackbone(model.parts, size));
  job.fold.backbone = std::make_shared<TunedBackbone>(std::move(backbone));
  return PixelInputs(job.spec, std::move(crops), job.fold.samples, model.preprocessing);
}

Result<PictureInputs> LeaseRunner::OnlineFor(const std::string& crops_blob, LeaseControl& control,
                                             const Job& job) const {
  UNMASK_ASSIGN(BlobTensor crops, OpenCrops(crops_blob, job.fold.samples));
  UNMASK_ASSIGN(const LoadedModel* model, models_.Get(job.spec));
  const auto count = [&control] { control.steps.fetch_add(1, std::memory_order_relaxed); };
  return OnlineInputs(job.spec, std::move(crops), job.fold.samples, *model, count);
}

Result<BlobTensor> LeaseRunner::OpenCrops(const std::string& blob,
                                          const std::vector<std::string>& samples) const {
  UNMASK_ASSIGN(BlobTensor crops, tensors_.Open(blob, kCropsTensor, DType::kU8, 4));
  if (crops.rows() != std::ssize(samples)) {
    return DataError("the crops are not of the data set's pictures", blob);
  }
  return crops;
}

Result<LeaseRunner::Job> LeaseRunner::LoadJob(const Lease& lease, JobSpec spec,
                                              LeaseControl& control) const {
  Job job;
  job.spec = std::move(spec);
  UNMASK_ASSIGN(const std::string blob, blobs_.Read(job.spec.dataset));
  UNMASK_ASSIGN(const Dataset dataset, ParseDatasetBlob(blob));
  UNMASK_ASSIGN(job.fold, PrepareFold(job.spec, dataset));
  if (SeesPictures(job.spec.settings)) UNMASK_TRY(LoadPictures(lease, control, job));
  return job;
}

Result<TrainingState> LeaseRunner::LoadCheckpoint(const Lease& lease,
                                                  const CheckpointRef& checkpoint,
                                                  const ModelShape& shape) const {
  if (!IsSha256Hex(checkpoint.sha256)) return DataError("its name is no SHA-256");
  if (checkpoint.numerics_class != numerics_class_) {
    return DataError(
        fmt::format("of numerics class {}, not {}", checkpoint.numerics_class, numerics_class_));
  }
  UNMASK_ASSIGN(const std::string bytes, blobs_.Read(checkpoint.sha256));
  UNMASK_ASSIGN(TrainingState state, DecodeCheckpoint(bytes, checkpoint.sha256));
  if (state.job_key != lease.id.job_key || state.numerics_class != numerics_class_ ||
      !FitsModel(state, shape)) {
    return DataError("not of this job");
  }
  return state;
}

LeaseRunner::Start LeaseRunner::FindStart(const Lease& lease, const ModelShape& shape) const {
  Start start;
  for (const CheckpointRef& checkpoint : lease.checkpoints) {
    auto state = LoadCheckpoint(lease, checkpoint, shape);
    if (state) {
      start.state = std::move(*state);
      return start;
    }
    if (!start.note.empty()) start.note += "; ";
    start.note +=
        fmt::format("checkpoint {} of epoch {} not used: {}", checkpoint.sha256.substr(0, 12),
                    checkpoint.epoch, OneLine(state.error()));
  }
  return start;
}

void LeaseRunner::MakeFeatures(const Lease& lease, const JobSpec& spec,
                               LeaseControl& control) const {
  const Millis started = clock_.Now();
  send_(AttemptStarted{lease.id, 0, ""});
  const auto made = Make(lease, spec, [&] {
    control.steps.fetch_add(1, std::memory_order_relaxed);
    return !control.abandon && !control.yield;
  });
  if (!made.ok()) return Fail(lease, FailureOf(made.error()), OneLine(made.error()));
  if (!made->has_value()) return Yield(lease, control);
  const auto sha256 = WriteWithPatience((*made)->bytes, control);
  if (!sha256.ok()) {  // this worker's fault and never the job's, whatever the error's code
    return Fail(lease, FailureOf(OneLine(sha256.error())), OneLine(sha256.error()));
  }
  if (!sha256->has_value()) return Yield(lease, control);
  JobResult result;
  result.output_sha256 = **sha256;
  result.images_forwarded = (*made)->images_forwarded;
  result.note = (*made)->note;
  result.seconds = std::chrono::duration<double>(clock_.Now() - started).count();
  result.numerics_class = numerics_class_;
  send_(ResultReady{lease.id, std::move(result)});
}

// A full disk costs time, not what was computed. nullopt: told to stop meanwhile.
Result<std::optional<std::string>> LeaseRunner::WriteWithPatience(std::string_view bytes,
                                                                  LeaseControl& control) const {
  const Millis begun = clock_.Now();
  bool told = false;
  int failures = 0;
  for (;;) {
    auto sha256 = blobs_.Write(bytes);
    if (sha256.ok()) return std::optional(*std::move(sha256));
    const bool full = IsNoSpace(sha256.error());
    if (full ? clock_.Now() - begun > kNoRoomLimit : ++failures == kTries) return sha256.error();
    if (full && !std::exchange(told, true)) LogError(OneLine(sha256.error()) + "; waits for room");
    control.steps.fetch_add(1, std::memory_order_relaxed);  // it does not hang
    if (control.StopsWithin(full ? kLookForRoom : kBetweenTries)) {
      return std::optional<std::string>();
    }
  }
}

Result<std::optional<MadeFeatures>> LeaseRunner::Make(const Lease& lease, const JobSpec& spec,
                                                      const OnPicture& on_picture) const {
  if (spec.view == kCropsView) return MakeCrops(store_, spec, on_picture);
  if (lease.inputs.size() != 1) return DataError("a lease without its crops", "inputs");
  UNMASK_ASSIGN(std::vector<std::string> samples, SamplesOf(blobs_, spec.dataset));
  UNMASK_ASSIGN(BlobTensor crops, OpenCrops(lease.inputs.front(), samples));
  UNMASK_ASSIGN(const LoadedModel* model, models_.Get(spec));
  return MakeView(spec, std::move(crops), std::move(samples), *model, on_picture);
}

void LeaseRunner::Train(const Lease& lease, JobSpec spec, LeaseControl& control) const {
  auto job = LoadJob(lease, std::move(spec), control);
  if (!job) return Fail(lease, FailureOf(job.error()), OneLine(job.error()));
  Start start = FindStart(lease, ShapeOf(job->spec.settings, job->fold));
  const std::int64_t first_epoch = start.state ? start.state->epoch : 0;
  control.epoch = first_epoch;
  LeaseMeeting meeting(lease, control, send_);
  if (lease.gang.size > 1) job->fold.gang = &meeting;
  TrainOptions options{lease.id.job_key,       numerics_class_,        lease.checkpoint_seconds,
                       lease.epochs_available, std::move(start.state), job->images_forwarded};
  LeaseHooks hooks(lease, control, blobs_, send_, first_epoch, start.note);
  TrainOutcome outcome =
      TrainJob(job->spec, job->fold, std::move(options), make_engine_, clock_, hooks);
  if (auto* done = std::get_if<TrainDone>(&outcome)) AddNote(hooks.note(), done->result);
  SendOutcome(lease, std::move(outcome), control);
}

void LeaseRunner::SendOutcome(const Lease& lease, TrainOutcome outcome,
                              LeaseControl& control) const {
  if (std::holds_alternative<TrainAbandoned>(outcome)) return;
  if (lease.gang.member > 0) return send_(GangLeft{lease.id, ""});  // member 0 tells the rest
  if (auto* done = std::get_if<TrainDone>(&outcome)) {
    if (lease.keep_best) KeepBest(lease, *done, control);
    send_(ResultReady{lease.id, std::move(done->result)});
  } else if (const auto* yielded = std::get_if<TrainYielded>(&outcome)) {
    send_(Yielded{lease.id, yielded->epoch});
  } else if (const auto* diverged = std::get_if<TrainDiverged>(&outcome)) {
    Fail(lease, FailureClass::kNotANumber,
         fmt::format("the loss is not a finite number in epoch {}", diverged->epoch));
  }
}

// Where the weights cannot be written the result goes without them: it is what was asked for first.
void LeaseRunner::KeepBest(const Lease& lease, TrainDone& done, LeaseControl& control) const {
  const auto sha256 =
      WriteWithPatience(EncodeWeights(done.best_weights, lease.id.job_key), control);
  if (sha256.ok() && sha256->has_value()) {
    done.result.output_sha256 = **sha256;
    return;
  }
  const std::string why = sha256.ok() ? "stopped before there was room" : OneLine(sha256.error());
  AddNote("best weights not kept: " + why, done.result);
}

void LeaseRunner::Yield(const Lease& lease, const LeaseControl& control) const {
  if (!control.abandon) send_(Yielded{lease.id, control.epoch});
}

void LeaseRunner::Fail(const Lease& lease, FailureClass failure, std::string message,
                       bool sole_suspect) const {
  send_(AttemptFailed{lease.id, failure, std::move(message), sole_suspect});
}

}  // namespace unmask
