// Ranks in one process: what one sends the others receive, in order, when the test lets it. Every
// rank may be used by a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/transport/transport.h"

namespace unmask {

class FakeNetwork {
 public:
  explicit FakeNetwork(int size) {
    for (int rank = 0; rank < size; ++rank) {
      ends_.push_back(std::make_unique<End>(*this, WorkerId{rank}));
    }
  }

  Transport& At(int rank) { return *ends_.at(static_cast<std::size_t>(rank)); }

  // The rank is dead: what it sent and nobody took yet is lost, every other rank is told.
  void Lose(int rank) {
    const std::lock_guard lock(mutex_);
    lost_.insert(rank);
    for (auto& end : ends_) {
      std::erase_if(end->inbox, [&](const TransportEvent& event) {
        const auto* received = std::get_if<Received>(&event);
        return received != nullptr && received->from.value == rank;
      });
      if (end->id.value != rank) end->inbox.emplace_back(PeerLost{WorkerId{rank}});
    }
    arrived_.notify_all();
  }

  // The next event for a rank; nullopt where none comes in time.
  std::optional<TransportEvent> Wait(int rank, std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    auto& inbox = ends_.at(static_cast<std::size_t>(rank))->inbox;
    arrived_.wait_for(lock, limit, [&] { return !inbox.empty(); });
    return TakeFrom(inbox);
  }

 private:
  struct Sent {
    int from;
    int to;
    std::string bytes;
  };

  struct End final : Transport {
    End(FakeNetwork& a_network, WorkerId an_id) : network(a_network), id(an_id) {}
    WorkerId self() const override { return id; }
    int size() const override { return static_cast<int>(network.ends_.size()); }
    void Send(WorkerId to, std::string_view bytes) override {
      const std::lock_guard lock(network.mutex_);
      network.Put({id.value, to.value, std::string(bytes)});
    }
    std::optional<TransportEvent> Poll() override {
      const std::lock_guard lock(network.mutex_);
      return TakeFrom(inbox);
    }
    bool Flushed() override { return true; }

    FakeNetwork& network;
    WorkerId id;
    std::deque<TransportEvent> inbox;
  };

  static std::optional<TransportEvent> TakeFrom(std::deque<TransportEvent>& inbox) {
    if (inbox.empty()) return std::nullopt;
    TransportEvent event = std::move(inbox.front());
    inbox.pop_front();
    return event;
  }

  void Put(Sent sent) {
    if (lost_.contains(sent.from) || lost_.contains(sent.to)) return;
    ends_.at(static_cast<std::size_t>(sent.to))
        ->inbox.emplace_back(Received{WorkerId{sent.from}, std::move(sent.bytes)});
    arrived_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::unique_ptr<End>> ends_;
  std::set<int> lost_;
};

}  // namespace unmask
