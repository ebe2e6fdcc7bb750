#include "common/transport/mpi/mpi_transport.h"

#include <fmt/format.h>
#include <mpi.h>
#include <sched.h>
#include <unistd.h>
#ifdef UNMASK_MPI_ULFM
#include <mpi-ext.h>
#endif

#include <algorithm>
#include <array>
#include <csignal>
#include <deque>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/base/process.h"

namespace unmask {
namespace {

// What is sent between two polls travels together, each message after its length: small ones are
// many, and MPI's price is for each call. That in turn goes as fragments of this size at most. MPI
// keeps their order between two ranks, so the tag need only say which one is the last.
using Length = std::uint32_t;
constexpr std::size_t kFragmentBytes = 32 << 10;
constexpr int kTagMore = 1;
constexpr int kTagLast = 2;

std::string ErrorText(int code) {
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  return {text.data(), static_cast<std::size_t>(length)};
}

void Check(int code, std::string_view what) {
  if (code != MPI_SUCCESS) DieVisibly(fmt::format("MPI cannot {}: {}", what, ErrorText(code)));
}

bool MeansPeerFailed(int code) {
#ifdef UNMASK_MPI_ULFM
  int error_class = MPI_SUCCESS;
  MPI_Error_class(code, &error_class);
  return error_class == MPIX_ERR_PROC_FAILED;
#else
  static_cast<void>(code);
  return false;
#endif
}

constexpr int kResumable = 75;
constexpr int kUnwound = 3;  // an exception has passed its owner by
volatile std::sig_atomic_t watchdog_exit_code = 0;

extern "C" void OnWatchdog(int) { _exit(watchdog_exit_code); }

extern "C" void OnStartWatchdog(int) {
  constexpr char kLine[] =
      "unmask: error: MPI did not start: a rank died meanwhile, or cannot be reached\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kLine, sizeof kLine - 1);
  _exit(kResumable);
}

void SetWatchdog(void (*handler)(int), std::chrono::seconds limit) {
  std::signal(SIGALRM, handler);
  alarm(static_cast<unsigned>(limit.count()));
}

MpiSession::Host MeetHost(int rank) {
  MPI_Comm here = MPI_COMM_NULL;
  Check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &here),
        "find the ranks of this host");
  cpu_set_t mine;
  CPU_ZERO(&mine);
  sched_getaffinity(0, sizeof mine, &mine);
  cpu_set_t all;
  Check(MPI_Allreduce(&mine, &all, sizeof mine, MPI_BYTE, MPI_BOR, here), "count cores");
  const int worker = rank > 0 ? 1 : 0;
  int workers = 0;
  Check(MPI_Allreduce(&worker, &workers, 1, MPI_INT, MPI_SUM, here), "count workers");
  int local_rank = 0;
  MPI_Comm_rank(here, &local_rank);
  MPI_Comm_free(&here);
  return {WithinQuota(std::max(1, CPU_COUNT(&all))), std::max(1, workers), local_rank};
}

}  // namespace

// --- session

MpiSession::MpiSession(std::chrono::seconds start_limit) {
  SetWatchdog(OnStartWatchdog, start_limit);
  int provided = 0;
  Check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "start");
  Check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "return errors");
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
  host_ = MeetHost(rank_);
  alarm(0);
  std::signal(SIGALRM, SIG_DFL);
  // A crash ends by its signal: MPI's handlers would print its stack.
  for (const int signal : {SIGABRT, SIGBUS, SIGFPE, SIGSEGV}) std::signal(signal, SIG_DFL);
}

MpiSession::~MpiSession() {
  if (!finalized_) Finalize(kUnwound);
}

void MpiSession::Finalize(int exit_code, std::chrono::seconds limit) {
  finalized_ = true;
  watchdog_exit_code = exit_code;
  SetWatchdog(OnWatchdog, limit);
  MPI_Finalize();
  alarm(0);
}

// --- transport

namespace {

// For each peer one receive is posted, by name. Not one from any source: where a rank dies in the
// middle of a message, what has begun to arrive from it matches such a receive and never ends it
// (Open MPI 5.0.11; tests/mpi, "die"). A receive by name fails with its peer.
class MpiTransport final : public Transport {
 public:
  explicit MpiTransport(const MpiSession& session)
      : self_(session.rank()), size_(session.size()), peers_(PeersOf(session)) {
    receives_.resize(peers_.size(), MPI_REQUEST_NULL);
    for (std::size_t i = 0; i < peers_.size(); ++i) PostReceive(i);
  }

  ~MpiTransport() override {
    for (MPI_Request& receive : receives_) {
      if (receive == MPI_REQUEST_NULL) continue;
      MPI_Cancel(&receive);
      MPI_Request_free(&receive);
    }
  }

  WorkerId self() const override { return WorkerId{self_}; }
  int size() const override { return size_; }

  void Send(WorkerId to, std::string_view bytes) override {
    Peer& peer = peers_[IndexOf(to.value)];
    if (peer.lost) return;
    const auto length = static_cast<Length>(bytes.size());
    UNMASK_CHECK(length == bytes.size());
    peer.waiting.append(reinterpret_cast<const char*>(&length), sizeof length).append(bytes);
  }

  std::optional<TransportEvent> Poll() override {
    if (events_.empty()) MoveSends();
    while (events_.empty() && Receive()) {
    }
    if (events_.empty()) return std::nullopt;
    TransportEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  bool Flushed() override {
    MoveSends();
    return std::ranges::all_of(peers_,
                               [](const Peer& peer) { return peer.lost || peer.outgoing.empty(); });
  }

 private:
  struct Outgoing {  // MPI reads `bytes` until all requests are done
    std::string bytes;
    std::vector<MPI_Request> requests;
  };
  struct Peer {
    int rank = 0;
    bool lost = false;
    std::string waiting;            // messages that go out at the next poll
    std::deque<Outgoing> outgoing;  // of a lost peer: kept, MPI may still look at it
    std::string fragment;           // where MPI puts what it receives
    std::string incoming;           // the fragments of what travels together, so far
  };

  // A star: rank 0 talks with everyone, the others with rank 0.
  static std::vector<Peer> PeersOf(const MpiSession& session) {
    std::vector<Peer> peers;
    const int end = session.rank() == 0 ? session.size() : 1;
    for (int rank = session.rank() == 0 ? 1 : 0; rank < end; ++rank) {
      peers.emplace_back().rank = rank;
      peers.back().fragment.resize(kFragmentBytes);
    }
    return peers;
  }

  std::size_t IndexOf(int rank) const {
    const int index = rank - (self_ == 0 ? 1 : 0);
    UNMASK_CHECK(index >= 0 && index < static_cast<int>(peers_.size()));
    return static_cast<std::size_t>(index);
  }

  void PostReceive(std::size_t index) {
    Peer& peer = peers_[index];
    const int code = MPI_Irecv(peer.fragment.data(), static_cast<int>(kFragmentBytes), MPI_BYTE,
                               peer.rank, MPI_ANY_TAG, MPI_COMM_WORLD, &receives_[index]);
    if (MeansPeerFailed(code)) return Lose(index);
    Check(code, "receive");
  }

  // Takes what has arrived, one fragment a peer at most; whether there was any.
  bool Receive() {
    std::vector<int> done(receives_.size());
    std::vector<MPI_Status> statuses(receives_.size());
    int count = 0;
    const int code = MPI_Testsome(static_cast<int>(receives_.size()), receives_.data(), &count,
                                  done.data(), statuses.data());
    if (code != MPI_SUCCESS && code != MPI_ERR_IN_STATUS && !MeansPeerFailed(code)) {
      Check(code, "receive");
    }
    for (int i = 0; count != MPI_UNDEFINED && i < count; ++i) {
      const auto index = static_cast<std::size_t>(done[static_cast<std::size_t>(i)]);
      const MPI_Status& status = statuses[static_cast<std::size_t>(i)];
      const int outcome = code == MPI_SUCCESS ? MPI_SUCCESS : status.MPI_ERROR;
      if (MeansPeerFailed(outcome)) {
        receives_[index] = MPI_REQUEST_NULL;  // over, whatever MPI left there
        Lose(index);
      } else if (outcome != MPI_ERR_PENDING) {
        Check(outcome, "receive");
        Take(index, status);
      }
    }
    return count != MPI_UNDEFINED && count > 0;
  }

  void Take(std::size_t index, const MPI_Status& status) {
    Peer& peer = peers_[index];
    if (peer.lost) return;
    int length = 0;
    MPI_Get_count(&status, MPI_BYTE, &length);
    peer.incoming.append(peer.fragment, 0, static_cast<std::size_t>(length));
    if (status.MPI_TAG == kTagLast) TakeApart(peer);
    PostReceive(index);
  }

  void TakeApart(Peer& peer) {
    std::string_view rest = peer.incoming;
    while (!rest.empty()) {
      Length length = 0;
      rest.copy(reinterpret_cast<char*>(&length), sizeof length);
      const bool whole = rest.size() >= sizeof length && rest.size() - sizeof length >= length;
      if (whole) rest.remove_prefix(sizeof length);
      // What does not fit together is another build's: who decodes it names the rank.
      const std::string_view message = rest.substr(0, whole ? length : rest.size());
      events_.emplace_back(Received{WorkerId{peer.rank}, std::string(message)});
      rest.remove_prefix(message.size());
    }
    peer.incoming.clear();
  }

  void Lose(std::size_t index) {
    Peer& peer = peers_[index];
    if (peer.lost) return;
    peer.lost = true;
    peer.waiting.clear();
    peer.incoming.clear();
    events_.emplace_back(PeerLost{WorkerId{peer.rank}});
  }

  void MoveSends() {
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      Peer& peer = peers_[i];
      if (!peer.lost && !peer.waiting.empty()) StartSending(i);
      while (!peer.lost && !peer.outgoing.empty() && Done(peer.outgoing.front(), i)) {
        peer.outgoing.pop_front();
      }
    }
  }

  void StartSending(std::size_t index) {
    Peer& peer = peers_[index];
    Outgoing& out = peer.outgoing.emplace_back(Outgoing{std::exchange(peer.waiting, {}), {}});
    std::string_view rest = out.bytes;
    while (!rest.empty()) {
      const std::string_view fragment = rest.substr(0, kFragmentBytes);
      rest.remove_prefix(fragment.size());
      MPI_Request& request = out.requests.emplace_back(MPI_REQUEST_NULL);
      const int code =
          MPI_Isend(fragment.data(), static_cast<int>(fragment.size()), MPI_BYTE, peer.rank,
                    rest.empty() ? kTagLast : kTagMore, MPI_COMM_WORLD, &request);
      if (MeansPeerFailed(code)) return Lose(index);
      Check(code, "send");
    }
  }

  bool Done(Outgoing& out, std::size_t index) {
    int done = 0;
    const int code = MPI_Testall(static_cast<int>(out.requests.size()), out.requests.data(), &done,
                                 MPI_STATUSES_IGNORE);
    if (code == MPI_ERR_IN_STATUS || MeansPeerFailed(code)) {
      Lose(index);
      return false;
    }
    Check(code, "send");
    return done != 0;
  }

  const int self_;
  const int size_;
  std::vector<Peer> peers_;
  std::vector<MPI_Request> receives_;  // [peers]
  std::deque<TransportEvent> events_;
};

}  // namespace

std::unique_ptr<Transport> MakeMpiTransport(const MpiSession& session) {
  return std::make_unique<MpiTransport>(session);
}

}  // namespace unmask
