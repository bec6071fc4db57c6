// MAILSLOG_EXPORT marks what the shared library shows to its users; everything else stays hidden.
// MAILSLOG_HIDDEN takes a part of something shown out again.
#pragma once

#if defined(MAILSLOG_SHARED) && defined(_WIN32)
#ifdef MAILSLOG_BUILDING
#define MAILSLOG_EXPORT __declspec(dllexport)
#else
#define MAILSLOG_EXPORT __declspec(dllimport)
#endif
#define MAILSLOG_HIDDEN
#elif defined(MAILSLOG_SHARED) && (defined(__GNUC__) || defined(__clang__))
#define MAILSLOG_EXPORT __attribute__((visibility("default")))
#define MAILSLOG_HIDDEN __attribute__((visibility("hidden")))
#else
#define MAILSLOG_EXPORT
#define MAILSLOG_HIDDEN
#endif
