#include "worker/trainer/lease_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/first_line.h"
#include "common/base/log.h"
#include "common/base/sha256.h"
#include "common/base/text.h"
#include "worker/model/gang_meeting.h"
#include "worker/trainer/failure_of.h"

namespace unmask {
namespace {

constexpr Millis kNoRoomLimit{10 * 60 * 1000};  // as the coordinator waits
constexpr std::chrono::milliseconds kLookForRoom{1000};

// In the attempt's message.
void AddNote(const std::string& note, JobResult& result) {
  if (note.empty()) return;
  result.note += (result.note.empty() ? "" : "; ") + note;
}

// Another user's file: it is there, and what it holds would be lost.
bool IsForbidden(const Error& error) {
  return std::ranges::any_of(error.problems, [](const Problem& problem) {
    return problem.what.find(std::strerror(EACCES)) != std::string::npos;
  });
}

}  // namespace

// What cannot be read for a moment (a file server that comes back) is not gone: a job that starts
// over without it costs hours, and its first checkpoints take the place of those that were there.
class LeaseRunner::ReadPatience {
 public:
  explicit ReadPatience(LeaseControl& control) : control_(control) {}

  Result<std::string> Read(const BlobFolder& blobs, const std::string& sha256) {
    constexpr std::chrono::milliseconds kBetweenReads{500};
    while (true) {
      auto bytes = blobs.ReadUnchecked(sha256);
      if (bytes.ok() || tries_left_ == 0) return bytes;
      --tries_left_;
      control_.steps.fetch_add(1, std::memory_order_relaxed);  // it does not hang
      if (control_.StopsWithin(kBetweenTries)) return bytes;
    }
  }

 private:
  LeaseControl& control_;
  int tries_left_ = 9;  // of all checkpoints together
};

LeaseRunner::LeaseRunner(const fs::path& store, std::string numerics_class, EngineMaker make_engine,
                         const Clock& clock, SendMessage send, MakeBackboneFunction make_backbone)
    : store_(store),
      blobs_(store / "blobs"),
      numerics_class_(std::move(numerics_class)),
      make_engine_(std::move(make_engine)),
      clock_(clock),
      send_(std::move(send)),
      loader_(store, std::move(make_backbone)) {}

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

Result<TrainingState> LeaseRunner::LoadCheckpoint(const Lease& lease,
                                                  const CheckpointRef& checkpoint,
                                                  const ModelShape& shape,
                                                  ReadPatience& patience) const {
  if (!IsSha256Hex(checkpoint.sha256)) return DataError("its name is no SHA-256");
  if (checkpoint.numerics_class != numerics_class_) {
    return DataError(
        fmt::format("of numerics class {}, not {}", checkpoint.numerics_class, numerics_class_));
  }
  UNMASK_ASSIGN(const std::string bytes, patience.Read(blobs_, checkpoint.sha256));
  UNMASK_TRY(blobs_.Check(checkpoint.sha256, bytes));
  UNMASK_ASSIGN(TrainingState state, DecodeCheckpoint(bytes, checkpoint.sha256));
  if (state.job_key != lease.id.job_key || state.numerics_class != numerics_class_ ||
      !FitsModel(state, shape)) {
    return DataError("not of this job");
  }
  return state;
}

Result<LeaseRunner::Start> LeaseRunner::FindStart(const Lease& lease, const ModelShape& shape,
                                                  LeaseControl& control) const {
  Start start;
  ReadPatience patience(control);
  for (const CheckpointRef& checkpoint : lease.checkpoints) {
    auto state = LoadCheckpoint(lease, checkpoint, shape, patience);
    if (state) {
      start.state = std::move(*state);
      return start;
    }
    if (IsForbidden(state.error())) return state.error();
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
    const auto sha256 = [&] {
      const StoreWait waits(control);
      return blobs_.Write(bytes);
    }();
    if (sha256.ok()) return std::optional(*sha256);
    const bool full = IsNoSpace(sha256.error());
    if (full ? clock_.Now() - begun > kNoRoomLimit : ++failures == kWriteTries)
      return sha256.error();
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
  UNMASK_ASSIGN(BlobTensor crops, loader_.OpenCrops(lease.inputs.front(), samples));
  UNMASK_ASSIGN(const LoadedModel* model, loader_.Model(spec));
  return MakeView(spec, std::move(crops), std::move(samples), *model, on_picture);
}

void LeaseRunner::Train(const Lease& lease, JobSpec spec, LeaseControl& control) const {
  auto job = loader_.Load(lease, std::move(spec), control);
  if (!job) return Fail(lease, FailureOf(job.error()), OneLine(job.error()));
  auto start = FindStart(lease, ShapeOf(job->spec.settings, job->fold), control);
  if (!start) {  // the store's fault and never the job's
    const std::string why = "its checkpoint: " + OneLine(start.error());
    return Fail(lease, FailureOf(why), why);
  }
  const std::int64_t first_epoch = start->state ? start->state->epoch : 0;
  control.epoch = first_epoch;
  LeaseMeeting meeting(lease, control, send_);
  if (lease.gang.size > 1) job->fold.gang = &meeting;
  TrainOptions options{lease.id.job_key,       numerics_class_,         lease.checkpoint_seconds,
                       lease.epochs_available, std::move(start->state), job->images_forwarded};
  LeaseHooks hooks(lease, control, blobs_, send_, first_epoch, start->note);
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
