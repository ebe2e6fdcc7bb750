#include "worker/backbone/text_model.h"

#include <gmock/gmock.h>

namespace unmask {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Refusal(const std::string& json) {
  const auto read = ReadTextConfig(json, "config.json");
  return read.ok() ? "" : FormatError(read.error());
}

TEST(ReadTextConfig, ReadsBothPlaces) {
  const auto read =
      ReadTextConfig(R"({"model_type":"clip","projection_dim":9,"text_config":{"hidden_size":8,)"
                     R"("num_attention_heads":4,"max_position_embeddings":6}})",
                     "config.json");
  ASSERT_TRUE(read.ok()) << FormatError(read.error());
  EXPECT_EQ(read->hidden, 8);
  EXPECT_EQ(read->heads, 4);
  EXPECT_EQ(read->positions, 6);
  EXPECT_EQ(read->projection, 9);
  EXPECT_EQ(read->intermediate, 2048);
  EXPECT_EQ(read->activation, Activation::kQuickGelu);
}

TEST(ReadTextConfig, TellsAWrongValueOnceAndNothingOfWhatFollows) {
  const std::string wrong = Refusal(R"({"text_config":{"num_attention_heads":7}})");
  EXPECT_THAT(wrong, HasSubstr("a multiple of num_attention_heads"));
  EXPECT_THAT(wrong, HasSubstr("config.json: text_config"));
  const std::string hidden = Refusal(R"({"text_config":{"hidden_size":-1}})");
  EXPECT_THAT(hidden, AllOf(HasSubstr("'hidden_size' is -1"), Not(HasSubstr("\n"))));
}

TEST(ReadTextConfig, TellsAllThatIsWrong) {
  EXPECT_THAT(Refusal(R"({"projection_dim":0,"text_config":{"hidden_size":-1,"vocab_size":0}})"),
              AllOf(HasSubstr("'projection_dim' is 0"), HasSubstr("'hidden_size' is -1"),
                    HasSubstr("'vocab_size' is 0")));
}

}  // namespace
}  // namespace unmask
