// One rank of the MPI jobs mpi_transport_* (CMakeLists.txt): rank 0 drives and judges, the
// others answer.
//   transport_ranks echo        every worker echoes what rank 0 sends, 0 bytes to 10 MB, in order
//   transport_ranks kill        the last worker is killed by SIGKILL; the others go on
//   transport_ranks die         the same, but it dies in the middle of a message to rank 0
//   transport_ranks orphan      rank 0 dies by SIGKILL; the workers, which only wait, hear of it
//   transport_ranks idle        nothing happens: what does a polling rank cost?
// Prints figures, and "ok" where all was right.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "common/base/backoff.h"
#include "common/base/check.h"
#include "common/base/process.h"
#include "common/base/text.h"
#include "common/transport/mpi/mpi_transport.h"

namespace unmask {
namespace {

using SteadyClock = std::chrono::steady_clock;

double MillisSince(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

// The next event; ends the process where none comes for long.
TransportEvent Next(Transport& transport) {
  const auto start = SteadyClock::now();
  Backoff backoff;
  while (MillisSince(start) < 60'000) {
    if (auto event = transport.Poll()) return *std::move(event);
    std::this_thread::sleep_for(backoff.Next(false));
  }
  DieVisibly("no message for a minute");
}

std::string Pattern(std::size_t size, int salt) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    text[i] = static_cast<char>((i * 2654435761U + static_cast<unsigned>(salt)) >> 7);
  }
  return text;
}

// Answers until "bye"; "pid" asks for the process id.
void Answer(Transport& transport) {
  while (true) {
    const auto event = Next(transport);
    const auto* received = std::get_if<Received>(&event);
    if (received == nullptr) continue;
    if (received->bytes == "bye") return;
    if (received->bytes == "die") {  // in the middle of a message that has begun to arrive
      transport.Send(received->from, Pattern(3 << 20, 2));
      (void)transport.Flushed();  // lets it begin
      raise(SIGKILL);
    }
    transport.Send(received->from,
                   received->bytes == "pid" ? std::to_string(getpid()) : received->bytes);
  }
}

void SayBye(Transport& transport) {
  for (int rank = 1; rank < transport.size(); ++rank) transport.Send(WorkerId{rank}, "bye");
  while (!transport.Flushed()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void DriveEcho(Transport& transport) {
  std::map<int, std::vector<std::string>> sent;
  std::map<int, std::size_t> heard;
  const auto start = SteadyClock::now();
  std::size_t bytes = 0;
  int expected = 0;
  for (const std::size_t size : {0, 1, 100, 65535, 65536, 65537, 131072, 1 << 20, 10 << 20, 5, 0}) {
    for (int rank = 1; rank < transport.size(); ++rank, ++expected) {
      sent[rank].push_back(Pattern(size, rank));
      transport.Send(WorkerId{rank}, sent[rank].back());
      bytes += 2 * size;
    }
  }
  for (; expected > 0; --expected) {
    const auto event = Next(transport);
    const auto& received = std::get<Received>(event);
    const int from = received.from.value;
    UNMASK_CHECK(received.bytes == sent.at(from).at(heard[from]++));
  }
  const double ms = MillisSince(start);
  fmt::print("echo: {:.1f} MB in {:.0f} ms\n", static_cast<double>(bytes) / 1e6, ms);

  constexpr int kRounds = 200;
  const auto ping = SteadyClock::now();
  for (int i = 0; i < kRounds; ++i) {
    transport.Send(WorkerId{1}, "ping");
    UNMASK_CHECK(std::get<Received>(Next(transport)).bytes == "ping");
  }
  fmt::print("round trip: {:.2f} ms\n", MillisSince(ping) / kRounds);
}

pid_t PidOf(Transport& transport, int rank) {
  transport.Send(WorkerId{rank}, "pid");
  const auto event = Next(transport);
  return static_cast<pid_t>(*ParseInt(std::get<Received>(event).bytes));
}

void DriveKill(Transport& transport, bool in_the_middle) {
  const int victim = transport.size() - 1;
  const pid_t pid = PidOf(transport, victim);
  const std::string big = Pattern(3 << 20, 1);
  transport.Send(WorkerId{victim}, in_the_middle ? "die" : big);
  if (!in_the_middle) kill(pid, SIGKILL);
  const auto start = SteadyClock::now();
  bool lost = false;
  while (!lost) {
    const auto event = Next(transport);
    if (const auto* peer = std::get_if<PeerLost>(&event)) {
      UNMASK_CHECK(peer->peer.value == victim);
      lost = true;
    }
  }
  fmt::print("lost after {:.0f} ms\n", MillisSince(start));
  transport.Send(WorkerId{victim}, "to nobody");
  for (int i = 0; i < 50; ++i) {
    transport.Send(WorkerId{1}, big);
    const auto event = Next(transport);
    UNMASK_CHECK(std::get<Received>(event).bytes == big);
  }
  fmt::print("the others go on\n");
}

// Rank 0 dies once it has heard from everyone; rank 1 says what it saw of it.
void Orphan(Transport& transport) {
  if (transport.self().value == 0) {
    for (int i = 1; i < transport.size(); ++i) Next(transport);
    raise(SIGKILL);
  }
  transport.Send(WorkerId{0}, "here");
  const auto event = Next(transport);
  UNMASK_CHECK(std::get<PeerLost>(event).peer.value == 0);
  if (transport.self().value == 1) fmt::print("ok\n");
}

double CpuMillis() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

void Idle(Transport& transport) {
  const auto start = SteadyClock::now();
  const double cpu = CpuMillis();
  Backoff backoff;
  while (MillisSince(start) < 5'000) {
    UNMASK_CHECK(!transport.Poll());
    std::this_thread::sleep_for(backoff.Next(false));
  }
  const double percent = 100 * (CpuMillis() - cpu) / MillisSince(start);
  if (transport.self().value != 0) return;
  fmt::print("idle: {:.2f} % of a core\n{}", percent, percent < 3 ? "ok\n" : "too much\n");
}

int Main(const std::string& mode) {
  DieWithParent();
  MpiSession session;
  {
    const auto transport = MakeMpiTransport(session);
    if (mode == "idle") {
      Idle(*transport);
    } else if (mode == "orphan") {
      Orphan(*transport);
    } else if (session.rank() > 0) {
      Answer(*transport);
    } else {
      mode == "echo" ? DriveEcho(*transport) : DriveKill(*transport, mode == "die");
      SayBye(*transport);
      fmt::print("ok\n");
      std::fflush(stdout);
    }
  }
  const auto start = SteadyClock::now();
  session.Finalize(0, std::chrono::seconds(2));
  if (session.rank() == 0) fmt::print("finalized in {:.0f} ms\n", MillisSince(start));
  return 0;
}

}  // namespace
}  // namespace unmask

int main(int argc, char** argv) { return unmask::Main(argc > 1 ? argv[1] : "echo"); }
