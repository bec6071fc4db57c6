// Boost.Log's core is global: what a test adds to it goes with the test.
#pragma once

#include <boost/log/core.hpp>
#include <boost/log/sinks/unlocked_frontend.hpp>
#include <boost/smart_ptr/make_shared_object.hpp>
#include <boost/smart_ptr/shared_ptr.hpp>

#include <mailslog/boost_log.hpp>

namespace mailslog::test {

class boost_core {
 public:
  boost_core() { reset(); }
  boost_core(const boost_core&) = delete;
  boost_core& operator=(const boost_core&) = delete;
  ~boost_core() { reset(); }

  void add(const boost::shared_ptr<boost::log::sinks::sink>& sink) { boost::log::core::get()->add_sink(sink); }

  /// A sink that posts to `address`. Its backend may be set up before the first record.
  boost::shared_ptr<slot_backend> add(const std::string& address) {
    auto backend = boost::make_shared<slot_backend>(address);
    add(boost::make_shared<boost::log::sinks::unlocked_sink<slot_backend>>(backend));
    return backend;
  }

 private:
  static void reset() {
    boost::log::core::get()->remove_all_sinks();
    boost::log::core::get()->set_global_attributes({});
  }
};

}  // namespace mailslog::test
