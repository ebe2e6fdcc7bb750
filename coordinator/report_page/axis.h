// Where values lie on a figure, and which of them are written beside it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace unmask {

struct Tick {
  double at = 0;  // pixels
  std::string label;
};

// Numbers from `from` to `to` pixels; the ends are rounded outwards to ticks.
class Axis {
 public:
  // About `count` ticks at 1, 2 or 5 times a power of ten; `whole` where only integers make sense.
  Axis(double low, double high, double from, double to, int count = 4, bool whole = false);
  double At(double value) const;
  const std::vector<Tick>& ticks() const { return ticks_; }

 private:
  double low_;
  double high_;
  double from_;
  double to_;
  std::vector<Tick> ticks_;
};

// The values of a grid key. Numbers lie to scale (linear, or logarithmic where that is what parts
// them); where neither does, and for text, they are evenly spaced.
class GridValues {
 public:
  GridValues(std::vector<nlohmann::json> values, double from, double to);
  double At(const nlohmann::json& value) const;
  // One a value; labels that would touch their left neighbour's are empty.
  const std::vector<Tick>& ticks() const { return ticks_; }
  bool numeric() const { return numeric_; }         // so a line may join them
  const char* spacing() const { return spacing_; }  // "", "log scale" or "evenly spaced"

 private:
  void Place(double from, double to);
  std::vector<nlohmann::json> values_;  // sorted, distinct
  std::vector<Tick> ticks_;
  bool numeric_ = false;
  const char* spacing_ = "";
};

}  // namespace unmask
