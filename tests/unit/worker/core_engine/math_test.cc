// exp and log of the kernels against the library's in double precision, over floats of every size;
// square roots against the processor's.
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

// How many of every `stride`-th float from `from` up to `to` have another root than the
// processor's, bit by bit.
std::size_t WrongRoots(float from, float to, std::uint32_t stride) {
  constexpr std::size_t kAtOnce = 1U << 16U;
  const std::uint64_t last = std::bit_cast<std::uint32_t>(to);
  FloatBuffer x(kAtOnce);
  FloatBuffer roots(kAtOnce);
  std::size_t wrong = 0;
  for (std::uint64_t bits = std::bit_cast<std::uint32_t>(from); bits < last;) {
    for (std::size_t i = 0; i < kAtOnce; ++i, bits += stride) {
      x.data()[i] = std::bit_cast<float>(static_cast<std::uint32_t>(std::min(bits, last)));
    }
    RootOf(x, roots);
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      wrong += roots.data()[i] != std::sqrt(x.data()[i]) ? 1U : 0U;
    }
  }
  return wrong;
}

// Every mantissa with an even and an odd exponent: a power of 4 only moves the root's exponent.
TEST(Root, IsRoundedRightForEveryMantissa) { EXPECT_EQ(WrongRoots(1.0F, 4.0F, 1), 0); }

TEST(Root, IsRoundedRightForEveryExponent) {
  EXPECT_EQ(WrongRoots(0.0F, kInfinity, 1009), 0);
  EXPECT_EQ(WrongRoots(0x1p-101F, 0x1p-98F, 1), 0);
  EXPECT_EQ(WrongRoots(0x1p126F, kInfinity, 1), 0);
}

TEST(Root, HasItsEnds) {
  EXPECT_EQ(One(RootOf, 0), 0);
  EXPECT_EQ(One(RootOf, kInfinity), kInfinity);
  EXPECT_EQ(One(RootOf, std::numeric_limits<float>::denorm_min()), std::sqrt(1e-45F));
  EXPECT_TRUE(std::isnan(One(RootOf, -1)));
}

}  // namespace
}  // namespace unmask
