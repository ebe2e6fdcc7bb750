// A small painter: antialiased shapes and soft shadows on a picture in floats. Only +, -, *, / and
// square roots, in a fixed order, so that a picture has the same bits on every machine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace unmask {

struct Point {
  double x = 0, y = 0;
};
inline Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
inline Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
inline Point operator*(double s, Point p) { return {s * p.x, s * p.y}; }

struct Colour {
  double red = 0, green = 0, blue = 0;  // 0 to 1
};
inline Colour operator*(double s, Colour c) { return {s * c.red, s * c.green, s * c.blue}; }
// From a at 0 to b at 1.
Colour Mix(Colour a, Colour b, double share);

using Path = std::vector<Point>;  // a polygon's corners, or a line's points

// The curve through these points (Catmull-Rom), `steps` points for each stretch.
Path Spline(std::span<const Point> points, int steps = 6);
Path ClosedSpline(std::span<const Point> points, int steps = 6);
Path Ellipse(Point middle, double half_width, double half_height);

// How much of each pixel lies within a shape, 0 to 1.
struct Mask {
  int left = 0, top = 0, width = 0, height = 0;  // what it covers; 0 elsewhere
  std::vector<float> coverage;                   // [height, width]
  float At(int x, int y) const;
};

class Canvas {
 public:
  Canvas(int width, int height);

  // Exact areas; corners in pixels. Where a shape covers itself twice it counts once.
  Mask MaskOf(const Path& polygon) const;

  void Fill(const Mask& mask, Colour colour, double opacity = 1, const Mask* within = nullptr);
  void Fill(const Path& polygon, Colour colour, double opacity = 1, const Mask* within = nullptr);
  // A line with a width at each point, in pixels; 0 tapers off.
  void Stroke(const Path& line, std::span<const double> widths, Colour colour, double opacity = 1,
              const Mask* within = nullptr);
  // Strongest in the middle, gone at the ellipse's edge.
  void Blob(Point middle, double half_width, double half_height, Colour colour, double opacity,
            const Mask* within = nullptr);
  // From one colour at the top to another at the bottom.
  void Gradient(Colour top, Colour bottom);
  // Brighter or darker along a direction: each pixel times 1 + strength * place, with place from -1
  // to 1 across the picture along `towards` (of length 1).
  void Light(Point towards, double strength);

  std::vector<std::uint8_t> Rgb() const;  // [height, width, 3]

 private:
  void Blend(int x, int y, Colour colour, double alpha);

  int width_, height_;
  std::vector<float> pixels_;  // [height, width, 3]
};

}  // namespace unmask
