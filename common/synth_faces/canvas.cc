#include "common/synth_faces/canvas.h"

#include <algorithm>
#include <cmath>

namespace unmask {
namespace {

Point CatmullRom(Point before, Point from, Point to, Point after, double t) {
  const Point a = 2 * from;
  const Point b = to - before;
  const Point c = 2 * before - 5 * from + 4 * to - after;
  const Point d = 3 * from - 3 * to + after - before;
  return 0.5 * (a + t * (b + t * (c + t * d)));
}

// Adds the signed area that an edge leaves to its right, and the change from pixel to pixel, as
// font-rs does (R. Levien, "Inside the fastest font renderer in the world", 2016).
class Accumulator {
 public:
  Accumulator(int width, int height) : width_(width), height_(height), sums_(width * height + 2) {}

  void AddEdge(Point from, Point to) {
    if (from.y == to.y) return;
    const double sign = from.y < to.y ? 1 : -1;
    if (sign < 0) std::swap(from, to);
    const double slope = (to.x - from.x) / (to.y - from.y);
    const int first = std::max(static_cast<int>(std::floor(from.y)), 0);
    const int last = std::min(static_cast<int>(std::ceil(to.y)), height_);
    for (int y = first; y < last; ++y) {
      const double top = std::max(from.y, static_cast<double>(y));
      const double bottom = std::min(to.y, y + 1.0);
      if (bottom <= top) continue;
      AddRow(y, from.x + slope * (top - from.y), from.x + slope * (bottom - from.y),
             sign * (bottom - top));
    }
  }

  std::vector<float> Coverage() const {
    std::vector<float> coverage(static_cast<std::size_t>(width_) * height_);
    for (int y = 0; y < height_; ++y) {
      double sum = 0;
      for (int x = 0; x < width_; ++x) {
        const std::size_t at = static_cast<std::size_t>(y) * width_ + x;
        sum += sums_[at];
        coverage[at] = static_cast<float>(std::min(std::abs(sum), 1.0));
      }
    }
    return coverage;
  }

 private:
  // One edge's part within a row, from x0 to x1, of signed height `cover`.
  void AddRow(int y, double x0, double x1, double cover) {
    if (x0 > x1) std::swap(x0, x1);
    x0 = std::clamp(x0, 0.0, static_cast<double>(width_));
    x1 = std::clamp(x1, 0.0, static_cast<double>(width_));
    const int first = std::min(static_cast<int>(x0), width_ - 1);
    const int last = std::min(static_cast<int>(x1), width_ - 1);
    double* row = &sums_[static_cast<std::size_t>(y) * width_];
    double given = 0;
    for (int x = first; x <= last; ++x) {
      const double area = cover * AreaRightOf(x, x0, x1);
      row[x] += area - given;
      given = area;
    }
    if (last + 1 < width_) row[last + 1] += cover - given;
  }
  // Mean share of pixel x that lies right of a point moving evenly from x0 to x1.
  static double AreaRightOf(int x, double x0, double x1) {
    const auto integral = [&](double at) {  // of the share, over the point's place
      const double inside = std::clamp(at - x, 0.0, 1.0);
      return std::min(at, static_cast<double>(x)) + inside - inside * inside / 2;
    };
    if (x1 - x0 < 1e-9) return 1 - std::clamp(x0 - x, 0.0, 1.0);
    return (integral(x1) - integral(x0)) / (x1 - x0);
  }

  int width_, height_;
  std::vector<double> sums_;
};

}  // namespace

Colour Mix(Colour a, Colour b, double share) {
  return {a.red + share * (b.red - a.red), a.green + share * (b.green - a.green),
          a.blue + share * (b.blue - a.blue)};
}

Path Spline(std::span<const Point> points, int steps) {
  Path path;
  const std::size_t last = points.size() - 1;
  path.reserve(last * steps + 1);
  for (std::size_t i = 0; i < last; ++i) {
    for (int step = 0; step < steps; ++step) {
      path.push_back(CatmullRom(points[i == 0 ? 0 : i - 1], points[i], points[i + 1],
                                points[std::min(i + 2, last)], static_cast<double>(step) / steps));
    }
  }
  path.push_back(points[last]);
  return path;
}

Path ClosedSpline(std::span<const Point> points, int steps) {
  Path path;
  const std::size_t count = points.size();
  path.reserve(count * steps);
  for (std::size_t i = 0; i < count; ++i) {
    for (int step = 0; step < steps; ++step) {
      path.push_back(CatmullRom(points[(i + count - 1) % count], points[i], points[(i + 1) % count],
                                points[(i + 2) % count], static_cast<double>(step) / steps));
    }
  }
  return path;
}

Path Ellipse(Point middle, double half_width, double half_height) {
  constexpr double kDiagonal = 0.70710678118654752;
  const double x = half_width * kDiagonal;
  const double y = half_height * kDiagonal;
  const Point around[] = {{half_width, 0},  {x, y},   {0, half_height},  {-x, y},
                          {-half_width, 0}, {-x, -y}, {0, -half_height}, {x, -y}};
  Path path = ClosedSpline(around, 4);
  for (Point& point : path) point = point + middle;
  return path;
}

float Mask::At(int x, int y) const {
  x -= left;
  y -= top;
  if (x < 0 || y < 0 || x >= width || y >= height) return 0;
  return coverage[static_cast<std::size_t>(y) * width + x];
}

Canvas::Canvas(int width, int height)
    : width_(width), height_(height), pixels_(static_cast<std::size_t>(width) * height * 3) {}

Mask Canvas::MaskOf(const Path& polygon) const {
  double left = width_, right = 0, top = height_, bottom = 0;
  for (const Point& point : polygon) {
    left = std::min(left, point.x);
    right = std::max(right, point.x);
    top = std::min(top, point.y);
    bottom = std::max(bottom, point.y);
  }
  Mask mask;
  mask.left = std::max(static_cast<int>(std::floor(left)), 0);
  mask.top = std::max(static_cast<int>(std::floor(top)), 0);
  mask.width = std::min(static_cast<int>(std::ceil(right)), width_) - mask.left;
  mask.height = std::min(static_cast<int>(std::ceil(bottom)), height_) - mask.top;
  if (mask.width <= 0 || mask.height <= 0) return {};
  Accumulator sums(mask.width, mask.height);
  const Point origin{static_cast<double>(mask.left), static_cast<double>(mask.top)};
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    sums.AddEdge(polygon[i] - origin, polygon[(i + 1) % polygon.size()] - origin);
  }
  mask.coverage = sums.Coverage();
  return mask;
}

void Canvas::Blend(int x, int y, Colour colour, double alpha) {
  float* pixel = &pixels_[(static_cast<std::size_t>(y) * width_ + x) * 3];
  const double values[3] = {colour.red, colour.green, colour.blue};
  for (int c = 0; c < 3; ++c) {
    pixel[c] = static_cast<float>(pixel[c] + alpha * (values[c] - pixel[c]));
  }
}

void Canvas::Fill(const Mask& mask, Colour colour, double opacity, const Mask* within) {
  for (int y = mask.top; y < mask.top + mask.height; ++y) {
    for (int x = mask.left; x < mask.left + mask.width; ++x) {
      double alpha = opacity * mask.At(x, y);
      if (within != nullptr) alpha *= within->At(x, y);
      if (alpha > 0) Blend(x, y, colour, alpha);
    }
  }
}

void Canvas::Fill(const Path& polygon, Colour colour, double opacity, const Mask* within) {
  Fill(MaskOf(polygon), colour, opacity, within);
}

void Canvas::Stroke(const Path& line, std::span<const double> widths, Colour colour, double opacity,
                    const Mask* within) {
  if (opacity <= 0) return;
  Path outline(2 * line.size());
  for (std::size_t i = 0; i < line.size(); ++i) {
    const Point along = line[std::min(i + 1, line.size() - 1)] - line[i == 0 ? 0 : i - 1];
    const double length = std::max(std::sqrt(along.x * along.x + along.y * along.y), 1e-9);
    const double place =
        static_cast<double>(i) / static_cast<double>(line.size() - 1) * (widths.size() - 1);
    const std::size_t from = std::min(static_cast<std::size_t>(place), widths.size() - 1);
    const std::size_t to = std::min(from + 1, widths.size() - 1);
    const double width =
        widths[from] + (place - static_cast<double>(from)) * (widths[to] - widths[from]);
    const Point aside = width / 2 / length * Point{-along.y, along.x};
    outline[i] = line[i] + aside;
    outline[2 * line.size() - 1 - i] = line[i] - aside;
  }
  Fill(outline, colour, opacity, within);
}

void Canvas::Blob(Point middle, double half_width, double half_height, Colour colour,
                  double opacity, const Mask* within) {
  if (opacity <= 0) return;
  const int top = std::max(static_cast<int>(middle.y - half_height), 0);
  const int bottom = std::min(static_cast<int>(middle.y + half_height) + 1, height_);
  const int left = std::max(static_cast<int>(middle.x - half_width), 0);
  const int right = std::min(static_cast<int>(middle.x + half_width) + 1, width_);
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      const double across = (x + 0.5 - middle.x) / half_width;
      const double down = (y + 0.5 - middle.y) / half_height;
      const double rest = 1 - across * across - down * down;
      if (rest <= 0) continue;
      const double alpha = opacity * rest * rest;
      Blend(x, y, colour, within == nullptr ? alpha : alpha * within->At(x, y));
    }
  }
}

void Canvas::Gradient(Colour top, Colour bottom) {
  for (int y = 0; y < height_; ++y) {
    const Colour colour = Mix(top, bottom, (y + 0.5) / height_);
    for (int x = 0; x < width_; ++x) Blend(x, y, colour, 1);
  }
}

void Canvas::Light(Point towards, double strength) {
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const double place =
          ((2 * x + 1.0) / width_ - 1) * towards.x + ((2 * y + 1.0) / height_ - 1) * towards.y;
      const auto factor = static_cast<float>(1 + strength * place);
      for (int c = 0; c < 3; ++c) {
        pixels_[(static_cast<std::size_t>(y) * width_ + x) * 3 + c] *= factor;
      }
    }
  }
}

std::vector<std::uint8_t> Canvas::Rgb() const {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(pixels_.size());
  for (const float value : pixels_) {
    bytes.push_back(static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, 1.0F) * 255)));
  }
  return bytes;
}

}  // namespace unmask
