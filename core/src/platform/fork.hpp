// What lives on across `fork`.
#pragma once

namespace mailslog::platform {

/// Is told before and after the process forks; where there is no fork, never. Registered from the end of the constructor
/// to `forget`, which must be called before anything that the callbacks use goes away.
class fork_aware {
 public:
  virtual ~fork_aware() = default;

  /// In the forking thread: take the locks, so that what they guard is whole in the child.
  virtual void before_fork() noexcept = 0;
  virtual void after_fork_in_parent() noexcept = 0;
  /// Only the forking thread is there.
  virtual void after_fork_in_child() noexcept = 0;

 protected:
  void remember();
  void forget() noexcept;
};

}  // namespace mailslog::platform
