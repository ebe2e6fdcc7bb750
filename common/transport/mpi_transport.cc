#include "common/transport/mpi_transport.h"

#include <fmt/format.h>
#include <mpi.h>
#include <unistd.h>
#ifdef UNMASK_MPI_ULFM
#include <mpi-ext.h>
#endif

#include <algorithm>
#include <array>
#include <csignal>
#include <deque>
#include <vector>

#include "common/base/check.h"
#include "common/base/process.h"

namespace unmask {
namespace {

// A message travels as fragments of this size at most. MPI keeps their order between two ranks, so
// the tag need only say which one is the last.
constexpr std::size_t kFragmentBytes = 64 << 10;
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
  return error_class == MPIX_ERR_PROC_FAILED || error_class == MPIX_ERR_PROC_FAILED_PENDING;
#else
  static_cast<void>(code);
  return false;
#endif
}

// The ranks that are known to be dead, acknowledged so that a receive from any source goes on.
std::vector<int> AcknowledgeFailedRanks() {
  std::vector<int> ranks;
#ifdef UNMASK_MPI_ULFM
  MPI_Group failed = MPI_GROUP_NULL;
  MPI_Group world = MPI_GROUP_NULL;
  Check(MPIX_Comm_failure_ack(MPI_COMM_WORLD), "acknowledge failures");
  Check(MPIX_Comm_failure_get_acked(MPI_COMM_WORLD, &failed), "list failures");
  Check(MPI_Comm_group(MPI_COMM_WORLD, &world), "list ranks");
  int count = 0;
  MPI_Group_size(failed, &count);
  std::vector<int> positions(static_cast<std::size_t>(count));
  ranks.resize(positions.size());
  for (int i = 0; i < count; ++i) positions[static_cast<std::size_t>(i)] = i;
  if (count > 0) MPI_Group_translate_ranks(failed, count, positions.data(), world, ranks.data());
  if (failed != MPI_GROUP_EMPTY) MPI_Group_free(&failed);
  MPI_Group_free(&world);
#endif
  return ranks;
}

volatile std::sig_atomic_t watchdog_exit_code = 0;

extern "C" void OnWatchdog(int) { _exit(watchdog_exit_code); }

}  // namespace

// --- session

MpiSession::MpiSession() {
  int provided = 0;
  Check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "start");
  Check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "return errors");
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
}

MpiSession::~MpiSession() {
  if (!finalized_) Finalize(0);
}

void MpiSession::Finalize(int exit_code, std::chrono::seconds limit) {
  finalized_ = true;
  watchdog_exit_code = exit_code;
  std::signal(SIGALRM, OnWatchdog);
  alarm(static_cast<unsigned>(limit.count()));
  MPI_Finalize();
  alarm(0);
}

// --- transport

class MpiTransport::Impl {
 public:
  explicit Impl(const MpiSession& session)
      : self_(session.rank()),
        peers_(static_cast<std::size_t>(session.size())),
        fragment_(kFragmentBytes, '\0') {
    PostReceive();
  }

  ~Impl() {
    if (receive_ == MPI_REQUEST_NULL) return;
    MPI_Cancel(&receive_);
    MPI_Request_free(&receive_);
  }

  int self() const { return self_; }
  int size() const { return static_cast<int>(peers_.size()); }

  void Send(int to, std::string_view bytes) {
    Peer& peer = At(to);
    if (peer.lost) return;
    Outgoing& out = peer.outgoing.emplace_back();
    out.bytes = bytes;
    const std::size_t fragments = (bytes.size() + kFragmentBytes - 1) / kFragmentBytes;
    for (std::size_t i = 0; i < std::max<std::size_t>(fragments, 1); ++i) {
      const std::size_t at = i * kFragmentBytes;
      const std::size_t length = std::min(kFragmentBytes, bytes.size() - at);
      const int tag = i + 1 >= fragments ? kTagLast : kTagMore;
      MPI_Request request = MPI_REQUEST_NULL;
      const int code = MPI_Isend(out.bytes.data() + at, static_cast<int>(length), MPI_BYTE, to, tag,
                                 MPI_COMM_WORLD, &request);
      if (MeansPeerFailed(code)) return Lose(to);
      Check(code, "send");
      out.requests.push_back(request);
    }
  }

  std::optional<TransportEvent> Poll() {
    for (int rank = 0; rank < size(); ++rank) MoveSends(rank);
    while (events_.empty() && Receive()) {
    }
    if (events_.empty()) return std::nullopt;
    TransportEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  bool Flushed() {
    bool flushed = true;
    for (int rank = 0; rank < size(); ++rank) {
      MoveSends(rank);
      flushed = flushed && (At(rank).lost || At(rank).outgoing.empty());
    }
    return flushed;
  }

 private:
  struct Outgoing {  // MPI reads `bytes` until all requests are done
    std::string bytes;
    std::vector<MPI_Request> requests;
  };
  struct Peer {
    std::deque<Outgoing> outgoing;  // of a lost peer: kept, MPI may still look at it
    std::string incoming;           // the fragments of a message so far
    bool lost = false;
  };

  Peer& At(int rank) {
    UNMASK_CHECK(rank >= 0 && rank < size());
    return peers_[static_cast<std::size_t>(rank)];
  }

  void PostReceive() {
    Check(MPI_Irecv(fragment_.data(), static_cast<int>(fragment_.size()), MPI_BYTE, MPI_ANY_SOURCE,
                    MPI_ANY_TAG, MPI_COMM_WORLD, &receive_),
          "receive");
  }

  // One fragment or failure, if there is one.
  bool Receive() {
    int done = 0;
    MPI_Status status;
    const int code = MPI_Test(&receive_, &done, &status);
    if (MeansPeerFailed(code)) {
      for (const int rank : AcknowledgeFailedRanks()) Lose(rank);
      // A pending failure leaves the request active; one in the middle of a message ends it.
      if (receive_ == MPI_REQUEST_NULL) PostReceive();
      return true;
    }
    Check(code, "receive");
    if (done == 0) return false;
    int length = 0;
    MPI_Get_count(&status, MPI_BYTE, &length);
    Take(status.MPI_SOURCE, status.MPI_TAG, {fragment_.data(), static_cast<std::size_t>(length)});
    PostReceive();
    return true;
  }

  void Take(int from, int tag, std::string_view bytes) {
    Peer& peer = At(from);
    if (peer.lost) return;
    peer.incoming += bytes;
    if (tag != kTagLast) return;
    events_.emplace_back(Received{WorkerId{from}, std::move(peer.incoming)});
    peer.incoming.clear();
  }

  void Lose(int rank) {
    Peer& peer = At(rank);
    if (peer.lost) return;
    peer.lost = true;
    peer.incoming.clear();
    events_.emplace_back(PeerLost{WorkerId{rank}});
  }

  void MoveSends(int rank) {
    Peer& peer = At(rank);
    while (!peer.lost && !peer.outgoing.empty()) {
      auto& requests = peer.outgoing.front().requests;
      int done = 0;
      const int code = MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done,
                                   MPI_STATUSES_IGNORE);
      if (code == MPI_ERR_IN_STATUS || MeansPeerFailed(code)) return Lose(rank);
      Check(code, "send");
      if (done == 0) return;
      peer.outgoing.pop_front();
    }
  }

  const int self_;
  std::vector<Peer> peers_;
  std::string fragment_;  // where MPI puts what it receives
  MPI_Request receive_ = MPI_REQUEST_NULL;
  std::deque<TransportEvent> events_;
};

MpiTransport::MpiTransport(const MpiSession& session) : impl_(std::make_unique<Impl>(session)) {}
MpiTransport::~MpiTransport() = default;
WorkerId MpiTransport::self() const { return WorkerId{impl_->self()}; }
int MpiTransport::size() const { return impl_->size(); }
void MpiTransport::Send(WorkerId to, std::string_view bytes) { impl_->Send(to.value, bytes); }
std::optional<TransportEvent> MpiTransport::Poll() { return impl_->Poll(); }
bool MpiTransport::Flushed() { return impl_->Flushed(); }

}  // namespace unmask
