#include "common/config/point_label.h"

#include <gtest/gtest.h>

namespace unmask {
namespace {

TEST(PointLabel, IsAsPeopleReadIt) {
  EXPECT_EQ(PointLabel("{}"), "");
  EXPECT_EQ(PointLabel(R"({"loss.alpha":0.5,"loss.beta":1})"), "alpha 0.5, beta 1");
  EXPECT_EQ(PointLabel(R"({"train.validation":"leaky"})"), "validation leaky");
  EXPECT_EQ(PointLabel(R"({"features.finetune":true})"), "finetune true");
  EXPECT_EQ(PointLabel(R"({"a.x":1,"b.x":2})"), "a.x 1, b.x 2");
  EXPECT_EQ(PointLabel("no json"), "no json");
}

}  // namespace
}  // namespace unmask
