// A trainer that trains nothing: answers every lease at once with a result of the right shape, so
// that what a sweep costs is dispatch and recording alone (bench/compare.py puts it where the
// trainer is).
#include <cstring>

#include "bench/noop_trainer/noop_result.h"
#include "common/base/build_info.h"
#include "common/base/text.h"
#include "common/protocol/frames.h"

namespace unmask {
namespace {

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
    if (!say(ResultReady{lease->id, NoopResult(*lease)})) return 5;
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
