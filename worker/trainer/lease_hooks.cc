#include "worker/trainer/lease_hooks.h"

#include <fmt/format.h>

#include "common/base/log.h"
#include "worker/trainer/checkpoint.h"

namespace unmask {

void LeaseHooks::OnStart(std::int64_t epochs_finished) {
  control_.epoch = epochs_finished;
  if (lease_.gang.member > 0) return;  // member 0 speaks for all
  if (epochs_finished != found_) {
    note_ += fmt::format("{}other members of the gang did not find the checkpoint of epoch {}",
                         note_.empty() ? "" : "; ", found_);
  }
  send_(AttemptStarted{lease_.id, epochs_finished, note_});
}

void LeaseHooks::OnCheckpoint(const TrainingState& state) {
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

}  // namespace unmask
