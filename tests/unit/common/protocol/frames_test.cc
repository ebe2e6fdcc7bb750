#include "common/protocol/frames.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "common/protocol/codec.h"
#include "tests/testing/read_frame.h"

namespace unmask {
namespace {

class FramesTest : public ::testing::Test {
 protected:
  FramesTest() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  ~FramesTest() override {
    for (const int end : ends_) {
      if (end >= 0) close(end);
    }
  }
  void CloseEnd(int i) {
    close(ends_[i]);
    ends_[i] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

Message Note(std::size_t size) { return AttemptStarted{{}, 0, std::string(size, 'x')}; }

TEST(FrameBufferTest, FindsMessagesHoweverTheBytesArrive) {
  const std::string stream = Frame(Note(0)) + Frame(Goodbye{}) + Frame(Note(300));
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    FrameBuffer buffer;
    std::vector<std::string> seen;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      buffer.Feed(std::string_view(stream).substr(at, step));
      while (true) {
        auto next = buffer.Next();
        ASSERT_TRUE(next.ok());
        if (!*next) break;
        seen.push_back(Encode(**next));
      }
    }
    EXPECT_EQ(seen, (std::vector{Encode(Note(0)), Encode(Goodbye{}), Encode(Note(300))}));
  }
}

TEST(FrameBufferTest, AGarbageLengthIsAnErrorAtOnce) {
  FrameBuffer buffer;
  buffer.Feed("\xff\xff\xff\xff");
  EXPECT_FALSE(buffer.Next().ok());
}

TEST(FrameBufferTest, AGarbageMessageIsAnError) {
  FrameBuffer buffer;
  buffer.Feed(std::string("\x03\0\0\0abc", 7));
  EXPECT_FALSE(buffer.Next().ok());
}

TEST_F(FramesTest, MessagesLargerThanTheSocketsBufferArrive) {
  std::thread writer([&] { EXPECT_TRUE(WriteFrame(ends_[0], Note(8 << 20)).ok()); });
  const auto read = ReadFrame(ends_[1]);
  writer.join();
  ASSERT_TRUE(read);
  EXPECT_EQ(Encode(*read), Encode(Note(8 << 20)));
}

TEST_F(FramesTest, WritingToAClosedEndIsAnErrorNotASignal) {
  CloseEnd(1);
  EXPECT_FALSE(WriteFrame(ends_[0], Goodbye{}).ok());
}

}  // namespace
}  // namespace unmask
