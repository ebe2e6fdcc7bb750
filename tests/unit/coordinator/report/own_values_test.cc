#include "coordinator/report/own_values.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace unmask {
namespace {

using Json = nlohmann::json;

const Json kConfig =
    Json::parse(R"({"experiments": {"a": {"loss": {"alpha": 1, "hsic": "paper"}}, "b": 5}})");

bool IsOwn(const char* experiment, const char* point) {
  return IsAtOwnValues(kConfig, experiment, Json::parse(point, nullptr, false));
}

TEST(OwnValues, AllKeysOfThePointDecide) {
  EXPECT_TRUE(IsOwn("a", R"({"loss.alpha": 1.0})"));
  EXPECT_TRUE(IsOwn("a", R"({"loss.alpha": 1, "loss.hsic": "paper"})"));
  EXPECT_TRUE(IsOwn("a", "{}"));
  EXPECT_FALSE(IsOwn("a", R"({"loss.alpha": 1, "loss.hsic": "biased"})"));
  EXPECT_FALSE(IsOwn("a", R"({"loss.beta": 1})"));
  EXPECT_FALSE(IsOwn("a", R"({"loss.alpha.more": 1})"));
}

TEST(OwnValues, AYoungSettingThatIsNotSaidIsAtItsDefault) {
  EXPECT_TRUE(IsOwn("a", R"({"loss.class_weights": "none"})"));
  EXPECT_FALSE(IsOwn("a", R"({"loss.class_weights": "balanced"})"));
}

TEST(OwnValues, WhatIsNoObjectHasNone) {
  EXPECT_FALSE(IsOwn("b", R"({"loss.alpha": 1})"));
  EXPECT_FALSE(IsOwn("c", R"({"loss.alpha": 1})"));
  EXPECT_FALSE(IsOwn("a", "1"));
  EXPECT_FALSE(IsOwn("a", "no JSON"));
  for (const char* config : {"no JSON", "5", R"({"experiments": []})"}) {
    EXPECT_FALSE(IsAtOwnValues(Json::parse(config, nullptr, false), "a", Json::object())) << config;
  }
}

}  // namespace
}  // namespace unmask
