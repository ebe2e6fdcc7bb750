// Transport over MPI_COMM_WORLD. The death of a rank is survived and reported (PeerLost) where MPI
// has ULFM and was started with it (mpirun --with-ft ulfm); else it ends the MPI job. The .cc is
// the only file that includes <mpi.h>. Messages go between rank 0 and the others, not among the
// others. One thread (the one that made the session) owns both.
#pragma once

#include <chrono>
#include <memory>

#include "common/base/result.h"
#include "common/transport/transport.h"

namespace unmask {

// MPI from init to finalize. Errors are returned, never fatal inside MPI; no collectives are used
// after the start.
class MpiSession {
 public:
  // Every rank starts together. Where one dies before it has started, fault-tolerant MPI lets the
  // others wait for ever: then this process ends with 75 after `start_limit`, with one line.
  explicit MpiSession(std::chrono::seconds start_limit = std::chrono::seconds(60));
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  // What the ranks of this host have together, whatever mpirun has bound each of them to.
  struct Host {
    int cores = 1;
    int workers = 1;     // ranks but 0
    int local_rank = 0;  // this one's number among all of the host
  };
  const Host& host() const { return host_; }

  // Ends MPI after the last message. With dead or hung ranks MPI_Finalize may never return: then
  // the process ends with `exit_code` after `limit`, without destructors. Whatever must be on disk
  // is there before.
  void Finalize(int exit_code, std::chrono::seconds limit = std::chrono::seconds(5));

 private:
  int rank_ = 0;
  int size_ = 1;
  Host host_;
  bool finalized_ = false;
};

// `session` outlives the transport. Where MPI fails for any reason but a dead peer the process ends
// with SIGKILL (DieVisibly): without messages a rank is of no use.
std::unique_ptr<Transport> MakeMpiTransport(const MpiSession& session);

}  // namespace unmask
