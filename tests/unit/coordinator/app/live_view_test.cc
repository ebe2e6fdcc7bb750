// The view of a run as a browser gets it: over its port, on the loop that serves it.
#include "coordinator/app/live_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>

#include "tests/testing/store_env.h"

namespace unmask {
namespace {

namespace asio = boost::asio;

class HandClock final : public Clock {
 public:
  Millis Now() const override { return now; }
  std::string WallTime() const override { return kStoreNow; }
  Millis now{1'000};
};

struct NoEffects final : Effects {
  void Persist(Record) override {}
  void Send(WorkerId, Message) override {}
  void Drop(WorkerId, const std::string&) override {}
};

class LiveViewTest : public testing::Test, protected StoreEnv {
 protected:
  LiveViewTest() : plan(MakeTestPlan("s-1", {{}})) {
    Register(plan);
    auto opened = LiveView::Open(io, 0, clock, scheduler, paths());
    EXPECT_TRUE(opened.ok());
    view = std::move(opened).value();
    Expect(view->Load(plan));
  }

  nlohmann::json Ask() {
    clock.now += Millis(60'000);  // nothing that was built before is fresh
    const std::string url = view->url();
    const std::size_t colon = url.rfind(':');
    const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1)));
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), port});
    asio::write(socket, asio::buffer("GET /api/sweep" + url.substr(url.find('?')) +
                                     " HTTP/1.1\r\nConnection: close\r\nHost: 127.0.0.1:" +
                                     std::to_string(port) + "\r\n\r\n"));
    std::string answer;
    bool ended = false;
    asio::async_read(socket, asio::dynamic_buffer(answer),
                     [&](const boost::system::error_code&, std::size_t) { ended = true; });
    while (!ended && io.run_one_for(std::chrono::seconds(20)) > 0) {
    }
    return nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  }

  void Join(int id) {
    const WorkerInfo worker = TestWorker(id);
    view->OnWorkerJoined(worker);
    scheduler.OnWorkerJoined(worker, clock.now);
  }

  HandClock clock;
  NoEffects effects;
  Scheduler scheduler{SchedulerConfig(), CoordinatorEpoch{1}, effects};
  asio::io_context io{1};
  SweepPlan plan;
  std::unique_ptr<LiveView> view;
};

TEST_F(LiveViewTest, ShowsWhatIsCommitted) {
  const LeaseId lease = LeaseOf(plan.jobs[0].key);
  EXPECT_EQ(Ask()["points"][0]["folds"], "...");
  view->OnCommitted(RecordLease{lease, TestWorker()});
  EXPECT_EQ(Ask()["points"][0]["folds"], ">..");
  view->OnCommitted(RecordResult{lease, TestResult(plan.jobs[0].spec)});
  EXPECT_EQ(Ask()["points"][0]["folds"], "#..");
}

TEST_F(LiveViewTest, ShowsWorkersThatCameAndWereLost) {
  Join(1);
  Join(2);
  view->OnWorkerGone(WorkerId{2}, "its process died");
  scheduler.OnWorkerLost(WorkerId{2}, "its process died", clock.now);
  const auto workers = Ask()["workers"];
  ASSERT_EQ(workers.size(), 2U);
  EXPECT_EQ(workers[0]["worker"], 1);
  EXPECT_EQ(workers[0]["slots"], 2);
  EXPECT_FALSE(workers[0]["lost"]);
  EXPECT_EQ(workers[1]["worker"], 2);
  EXPECT_TRUE(workers[1]["lost"]);
  EXPECT_EQ(workers[1]["note"], "its process died");
}

TEST_F(LiveViewTest, AWorkerThatJoinedAnewIsGoneNoMore) {
  Join(1);
  view->OnWorkerGone(WorkerId{1}, "silent for more than 60000 ms");
  scheduler.OnWorkerLost(WorkerId{1}, "silent for more than 60000 ms", clock.now);
  EXPECT_TRUE(Ask()["workers"][0]["lost"]);
  Join(1);
  const auto workers = Ask()["workers"];
  ASSERT_EQ(workers.size(), 1U);
  EXPECT_FALSE(workers[0]["lost"]);
}

TEST_F(LiveViewTest, AWorkerThatLeavesAStoppingRunIsNoLoss) {
  Join(1);
  scheduler.OnStopRequested(clock.now);
  EXPECT_EQ(Ask()["phase"], "stopping");
  view->OnWorkerGone(WorkerId{1}, "stops by itself");
  scheduler.OnWorkerLost(WorkerId{1}, "stops by itself", clock.now);
  EXPECT_TRUE(Ask()["workers"].empty());
}

}  // namespace
}  // namespace unmask
