// A trainer that trains nothing: answers every lease at once with a result of the right shape, so
// that what a sweep costs is dispatch and recording alone (bench/dispatch.py puts it where the
// trainer is).
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "common/base/build_info.h"
#include "common/base/text.h"
#include "common/protocol/frames.h"

namespace unmask {
namespace {

constexpr int kClips = 8;

JobResult ResultOf(const Lease& lease) {
  JobResult result;
  result.numerics_class = "noop";
  result.epochs = 1;
  const auto spec = nlohmann::json::parse(lease.spec);
  const auto held_out = spec["held_out"].get<std::string>();
  for (const Task task : {Task::kTer, Task::kDer}) {
    TaskPredictions predictions{task, {"a", "b"}, {}, {}, {}, {}};
    for (int clip = 0; clip < kClips; ++clip) {
      predictions.samples.push_back(held_out + "_" + std::to_string(clip));
      predictions.labels.push_back(clip % 2);
      predictions.predicted.push_back(0);
      predictions.logits.insert(predictions.logits.end(), {0.25F, -0.25F});
    }
    result.predictions.push_back(std::move(predictions));
  }
  return result;
}

int Serve(int fd) {
  const auto say = [&](const Message& message) { return WriteFrame(fd, message).ok(); };
  if (!say(TrainerHello{kProtocolVersion, BuildId(), "noop", "none"})) return 5;
  while (true) {
    const auto message = ReadFrame(fd);
    if (!message.ok() || !*message) return 4;
    if (std::holds_alternative<Goodbye>(**message)) return 0;
    const auto* lease = std::get_if<Lease>(&**message);
    if (lease == nullptr) continue;
    if (!say(AttemptStarted{lease->id, 0, ""})) return 5;
    if (!say(ResultReady{lease->id, ResultOf(*lease)})) return 5;
  }
}

}  // namespace
}  // namespace unmask

int main(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--fd") == 0) {
      return unmask::Serve(static_cast<int>(unmask::ParseInt(argv[i + 1]).value_or(-1)));
    }
  }
  return 2;
}
