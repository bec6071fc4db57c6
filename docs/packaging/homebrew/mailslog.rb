# Not run. Address and checksum are known when there is a release.
class Mailslog < Formula
  desc "Log records of spdlog and Boost.Log in named mailslots"
  homepage "https://example.org/mailslog"
  url "https://example.org/mailslog/mailslog-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"

  depends_on "cli11" => :build
  depends_on "cmake" => [:build, :test]
  depends_on "pkgconf" => :build
  depends_on "rapidjson" => :build
  depends_on "scdoc" => :build
  depends_on "boost"
  depends_on "fmt"
  depends_on "re2"
  depends_on "spdlog"

  def install
    args = %w[-DBUILD_SHARED_LIBS=ON -DMAILSLOG_BUILD_TESTS=OFF -DMAILSLOG_BUILD_EXAMPLES=OFF]
    system "cmake", "-S", ".", "-B", "build", *args, *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/slotcat --version")

    (testpath/"CMakeLists.txt").write <<~CMAKE
      cmake_minimum_required(VERSION 3.22)
      project(app CXX)
      find_package(mailslog REQUIRED COMPONENTS spdlog)
      add_executable(app app.cpp)
      target_link_libraries(app PRIVATE mailslog::spdlog)
    CMAKE
    (testpath/"app.cpp").write <<~CPP
      #include <mailslog/spdlog.hpp>
      int main() { mailslog::slot_logger_mt("app", "test")->info("hello"); }
    CPP
    system "cmake", "-B", "build"
    system "cmake", "--build", "build"
    system "build/app"
  end
end
