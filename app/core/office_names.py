"""What no student may be called: offices, and the words that stand for those who have left or are not named."""

# In the languages of the pages; compared as `look_of` in display_names sees them.
OFFICES = (
    "teacher", "the teacher", "course", "admin", "administrator", "moderator", "system", "support", "staff",
    "official", "root", "baseline", "former student", "somebody", "a classmate", "MNIST Benchmark",
    "教师", "老师", "助教", "课程", "管理员", "系统", "官方", "基线", "往届同学", "有人", "同学",
)  # fmt: skip
