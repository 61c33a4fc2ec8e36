def try_except(x):
    try:
        return int(x)
    except ValueError:
        return -1

def except_as(f):
    try:
        r = f()
    except (KeyError, IndexError) as e:
        r = e
        log(e)
    except OSError:
        raise
    except:
        r = None
    else:
        r += 1
    finally:
        close()
    return r

def try_finally(f):
    try:
        f()
    finally:
        print("done")

def finally_return(f):
    try:
        return f()
    finally:
        f.close()

def nested_try(a, b):
    try:
        try:
            a()
        except A as e:
            b(e)
        finally:
            c()
    except B as e:
        return e
    return 0

def try_in_loop(l):
    n = 0
    for x in l:
        try:
            n += int(x)
        except ValueError:
            continue
        except TypeError:
            break
        finally:
            tick()
    return n

def raises(x):
    if x < 0:
        raise ValueError("negative")
    if x == 0:
        raise ValueError("zero") from None
    if x == 1:
        raise
    raise TypeError

def asserts(x, y):
    assert x
    assert x > y, "x above y"
    assert not (x and y), f"{x}"
    return x

def with_one(p):
    with open(p) as f:
        return f.read()

def with_two(a, b):
    with a as x, b:
        x.go()
    return x

def with_in_loop(l):
    for a in l:
        with a:
            if a.stop:
                break
            if a.skip:
                continue
            a.go()

def with_try(a):
    with a as b:
        try:
            b.go()
        except ValueError as e:
            b.stop(e)

def groups(f):
    try:
        f()
    except* ValueError as e:
        log(e)
    except* (TypeError, KeyError):
        pass

def reraise_from(f):
    try:
        f()
    except ValueError as e:
        raise TypeError("t") from e
