// A trainer that trains nothing: answers every lease at once with a result of the right shape, so
// that what a sweep costs is dispatch and recording alone (bench/compare.py puts it where the
// trainer is).
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "bench/noop_trainer/noop_result.h"
#include "common/base/build_info.h"
#include "common/base/text.h"
#include "common/protocol/frames.h"

namespace unmask {
namespace {

// Whether to go on.
bool Answer(const Message& message, std::string& answers) {
  if (const auto* lease = std::get_if<Lease>(&message)) {
    AppendFrame(answers, AttemptStarted{lease->id, 0, ""});
    AppendFrame(answers, ResultReady{lease->id, NoopResult(*lease)});
  }
  return !std::holds_alternative<Goodbye>(message);
}

// What came at once is answered at once, as a trainer's slots do it side by side.
int Serve(int fd) {
  if (!WriteFrame(fd, TrainerHello{kProtocolVersion, BuildId(), "noop", "none"}).ok()) return 5;
  FrameBuffer received;
  std::vector<char> buffer(1 << 16);
  while (true) {
    const ssize_t n = recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) return 4;
    received.Feed({buffer.data(), static_cast<std::size_t>(n)});
    std::string answers;
    while (true) {
      const auto message = received.Next();
      if (!message.ok()) return 4;
      if (!*message) break;
      if (!Answer(**message, answers)) return 0;
    }
    if (!WriteAll(fd, answers).ok()) return 5;
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
