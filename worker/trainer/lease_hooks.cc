#include "worker/trainer/lease_hooks.h"

#include <fmt/format.h>

#include <thread>

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

// After the last one there is no other chance.
bool LeaseHooks::OnCheckpoint(const TrainingState& state, bool last) {
  if (lease_.gang.member > 0) return true;  // member 0's is the same
  const std::string bytes = EncodeCheckpoint(state);
  const auto sha256 = Write(bytes, last ? kWriteTries : 1);
  if (!sha256) {
    LogError(fmt::format("job {}: no checkpoint at epoch {}: {}", lease_.id.job_key.substr(0, 12),
                         state.epoch, OneLine(sha256.error())));
    return false;
  }
  send_(CheckpointWritten{
      lease_.id,
      {*sha256, state.epoch, static_cast<std::int64_t>(bytes.size()), state.numerics_class}});
  return true;
}

Result<std::string> LeaseHooks::Write(std::string_view bytes, int tries) const {
  const StoreWait waits(control_);
  while (true) {
    auto sha256 = blobs_.Write(bytes);
    if (sha256.ok() || --tries == 0) return sha256;
    std::this_thread::sleep_for(kBetweenTries);
  }
}

}  // namespace unmask
