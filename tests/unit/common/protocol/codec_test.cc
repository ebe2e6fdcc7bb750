#include "common/protocol/codec.h"

#include <gmock/gmock.h>

#include <boost/pfr.hpp>
#include <random>

#include "common/protocol/archive.h"

namespace unmask {
namespace {

using ::testing::HasSubstr;

// Fills any struct of messages.h with random content.
class Randomizer {
 public:
  explicit Randomizer(unsigned seed) : engine_(seed) {}

  void operator()(bool& value) { value = Below(2) == 1; }
  void operator()(protocol::PlainNumber auto& value) {
    using T = std::remove_reference_t<decltype(value)>;
    if constexpr (std::is_floating_point_v<T>) {
      value = std::uniform_real_distribution<T>(-1e6, 1e6)(engine_);
    } else {
      value = static_cast<T>(engine_());
    }
  }
  template <protocol::Enum E>
  void operator()(E& value) {
    value = static_cast<E>(Below(kNames<E>.size()));
  }
  void operator()(std::string& text) {
    text.resize(static_cast<std::size_t>(Below(30)));
    for (char& c : text) c = static_cast<char>(Below(256));
  }
  template <typename T>
  void operator()(std::vector<T>& list) {
    list.resize(static_cast<std::size_t>(Below(5)));
    for (T& item : list) (*this)(item);
  }
  template <typename T>
  void operator()(std::optional<T>& value) {
    value.reset();
    if (Below(2) == 1) (*this)(value.emplace());
  }
  template <protocol::Struct S>
  void operator()(S& value) {
    boost::pfr::for_each_field(value, [this](auto& field) { (*this)(field); });
  }

 private:
  int Below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(engine_); }
  std::mt19937_64 engine_;
};

template <std::size_t kKind>
Message RandomMessage(Randomizer& random) {
  std::variant_alternative_t<kKind, Message> message{};
  random(message);
  return message;
}

template <std::size_t... kKinds>
std::vector<Message> EveryKind(Randomizer& random, std::index_sequence<kKinds...>) {
  return {RandomMessage<kKinds>(random)...};
}

// Every kind of message once, with random content.
std::vector<Message> EveryKind(unsigned seed) {
  Randomizer random(seed);
  return EveryKind(random, std::make_index_sequence<std::variant_size_v<Message>>());
}

// Whether two messages have the same content, without the codec's help.
bool Same(const Message& a, const Message& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&]<typename T>(const T& left) { return boost::pfr::eq_fields(left, std::get<T>(b)); }, a);
}

TEST(CodecTest, EveryMessageSurvivesTheWay) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    for (const Message& message : EveryKind(seed)) {
      const auto decoded = Decode(Encode(message));
      ASSERT_TRUE(decoded.ok()) << FormatError(decoded.error());
      EXPECT_TRUE(Same(message, *decoded)) << "kind " << message.index();
    }
  }
}

TEST(CodecTest, EveryTruncationIsAnError) {
  for (unsigned seed = 0; seed < 5; ++seed) {
    for (const Message& message : EveryKind(seed)) {
      const std::string bytes = Encode(message);
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(Decode(std::string_view(bytes).substr(0, size)).ok())
            << "kind " << message.index() << ", " << size << " of " << bytes.size();
      }
      EXPECT_FALSE(Decode(bytes + '\0').ok());
    }
  }
}

TEST(CodecTest, DamagedBytesNeverCrash) {
  std::mt19937 random(7);
  for (const Message& message : EveryKind(3)) {
    const std::string bytes = Encode(message);
    for (int i = 0; i < 2000; ++i) {
      std::string damaged = bytes;
      damaged[random() % damaged.size()] = static_cast<char>(random());
      const auto decoded = Decode(damaged);
      if (!decoded.ok()) continue;
      EXPECT_EQ(Encode(*decoded), damaged);  // accepted means understood
    }
  }
}

TEST(CodecTest, AnotherVersionIsRefusedByName) {
  std::string bytes = Encode(Goodbye{});
  bytes[0] = static_cast<char>(kProtocolVersion + 1);
  const auto decoded = Decode(bytes);
  ASSERT_FALSE(decoded.ok());
  EXPECT_THAT(FormatError(decoded.error()), HasSubstr("protocol 5 instead of 4"));
}

TEST(CodecTest, UnknownKindIsRefused) {
  std::string bytes = Encode(Goodbye{});
  bytes[2] = static_cast<char>(std::variant_size_v<Message>);
  EXPECT_FALSE(Decode(bytes).ok());
}

// The bytes themselves: when this fails, kProtocolVersion must rise.
TEST(CodecTest, BytesAreAsDocumented) {
  const LeaseId lease{"ab", AttemptNumber{3}, CoordinatorEpoch{4}};
  const std::string expected(
      "\x04\x00\x03"  // version 4, kind 3
      "\x02\x00\x00\x00"
      "ab"                // job_key
      "\x03\x00\x00\x00"  // attempt
      "\x04\x00\x00\x00\x00\x00\x00\x00"
      "\x09\x00\x00\x00\x00\x00\x00\x00"  // first_epoch
      "\x01\x00\x00\x00"
      "n",
      3 + 6 + 4 + 8 + 8 + 5);
  EXPECT_EQ(Encode(AttemptStarted{lease, 9, "n"}), expected);
}

TEST(CodecTest, FailureNames) {
  EXPECT_EQ(Name(FailureClass::kOutOfMemory), "out-of-memory");
  EXPECT_EQ(Name(FailureClass::kLost), "lost");
}

}  // namespace
}  // namespace unmask
