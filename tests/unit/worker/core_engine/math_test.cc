// exp and log of the kernels against the library's in double precision, over floats of every size.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "worker/core_engine/step.h"

namespace unmask {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// In units of the last place of the true value's float.
double ErrorInUlps(float got, double expected) {
  const auto rounded = static_cast<float>(expected);
  const double ulp = std::nextafter(std::abs(rounded), kInfinity) - std::abs(rounded);
  return std::abs(got - expected) / ulp;
}

// The greatest error over every `stride`-th float from `from` to `to`, both positive or both
// negative.
double GreatestError(float from, float to, std::uint32_t stride,
                     const std::function<void(const FloatBuffer&, FloatBuffer&)>& of,
                     double (*exact)(double)) {
  const auto first = std::bit_cast<std::uint32_t>(from);
  const auto last = std::bit_cast<std::uint32_t>(to);
  FloatBuffer x(PadToGroup((last - first) / stride + 1));
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.data()[i] =
        std::bit_cast<float>(std::min(last, first + static_cast<std::uint32_t>(i) * stride));
  }
  FloatBuffer y(x.size());
  of(x, y);
  double greatest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    greatest = std::max(greatest, ErrorInUlps(y.data()[i], exact(x.data()[i])));
  }
  return greatest;
}

float One(void (*of)(const FloatBuffer&, FloatBuffer&), float x) {
  FloatBuffer in(kGroup);
  FloatBuffer out(kGroup);
  std::fill_n(in.data(), kGroup, x);
  of(in, out);
  return out.data()[0];
}

TEST(Exp, IsWithinTwoUnitsInTheLastPlace) {
  EXPECT_LT(GreatestError(-1e-30F, -87.3F, 2003, ExpOf, std::exp), 2);
  EXPECT_LT(GreatestError(1e-30F, 88.0F, 2003, ExpOf, std::exp), 2);
}

TEST(Exp, HasItsEnds) {
  EXPECT_EQ(One(ExpOf, 0), 1);
  EXPECT_EQ(One(ExpOf, -0.0F), 1);
  EXPECT_EQ(One(ExpOf, -88), 0);
  EXPECT_EQ(One(ExpOf, -kInfinity), 0);
  EXPECT_EQ(One(ExpOf, kInfinity), One(ExpOf, 88));
  EXPECT_TRUE(std::isnan(One(ExpOf, std::nanf(""))));
}

TEST(Log, IsWithinTwoUnitsInTheLastPlace) {
  EXPECT_LT(GreatestError(1e-37F, 1e37F, 2003, LogOf, std::log), 2);
  EXPECT_LT(GreatestError(0.5F, 2.0F, 7, LogOf, std::log), 2);
}

TEST(Log, OfOneIsZero) { EXPECT_EQ(One(LogOf, 1), 0); }

}  // namespace
}  // namespace unmask
