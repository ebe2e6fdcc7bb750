// Where values lie on a figure, and which of them are written beside it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/report_page/svg.h"

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
  bool numeric() const { return numeric_; }  // so a line may join them
  // "KEY", "KEY (log scale)" or "KEY (evenly spaced)".
  std::string Title(const std::string& key) const;

 private:
  void Place(double from, double to);
  std::vector<nlohmann::json> values_;  // sorted, distinct
  std::vector<Tick> ticks_;
  bool numeric_ = false;
  const char* spacing_ = "";
};

// Where a panel's axes lie, in pixels.
struct AxesFrame {
  double left = 0;
  double right = 0;
  double bottom = 0;
  double labels = 16;     // from the bottom to those of x
  double title = 32;      // and to what x is
  double label_room = 0;  // of x; 0: no limit
  bool floor = false;     // the bottom is y's axis, whatever its value; else 0 is
};

// Lines at the ticks of y, the labels of both, and what x is.
void DrawAxes(const AxesFrame& frame, const std::vector<Tick>& x, const std::vector<Tick>& y,
              std::string_view title, Svg& svg);

}  // namespace unmask
