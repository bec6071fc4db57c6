// Macros that other libraries' headers leave behind: Qt, X11, glog, windows.h, sys/sysmacros.h, syslog.h, and programs of their own.
#pragma once

#define signals public
#define slots
#define emit
#define foreach for
#define None 0L
#define Status int
#define Bool int
#define Success 0
#define Always 2
#define LOG(severity) 1
#define CHECK(condition) 1
#define ERROR 0
#define WARNING 1
#define INFO 2
#define DEBUG 3
#define TRACE 4
#define NOTICE 5
#define CRITICAL 6
#define LOG_ERR 3
#define LOG_WARNING 4
#define LOG_INFO 6
#define interface struct
#define near
#define far
#define small char
#define IN
#define OUT
#define check(x) (x)
#define verify(x) (x)
#define major(device) (device)
#define minor(device) (device)
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
